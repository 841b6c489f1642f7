"""Kafka with TLS and a login: through the command line and through the environment."""

from tests.servers import wait

COUNT = 2_000


def as_flags(properties: dict[str, str]) -> list[str]:
    return [part for name, value in properties.items() for part in ("-X", f"{name}={value}")]


def as_environment(properties: dict[str, str]) -> dict[str, str]:
    return {f"RDKAFKA_{name.replace('.', '_').upper()}": value for name, value in properties.items()}


def split(secure_settings: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The broker, and what is to be handed through."""
    rest = dict(secure_settings)
    return rest.pop("bootstrap.servers"), rest


def test_changes_flow_through_an_encrypted_listener_with_a_login(kafka, apps, topic):
    broker, properties = split(kafka.secure_settings)
    simulator = apps.simulator("--count", str(COUNT), "--rate", "0")
    apps.producer(simulator.url, broker, topic, *as_flags(properties))
    consumer = apps.consumer(broker, topic, env=as_environment(properties)).answering()
    wait.until("all is counted", lambda: consumer.total() >= COUNT)
    assert consumer.stats() == simulator.served().stats()


def test_wrong_password_is_told_and_nothing_is_given_away(kafka, apps, topic):
    broker, properties = split(kafka.secure_settings)
    properties["sasl.password"] = "not-the-password"
    consumer = apps.consumer(broker, topic, *as_flags(properties)).answering()

    def told() -> bool:
        answer = consumer.get("/readyz")
        return answer.status == 503 and "authenticat" in answer.body.decode().lower()

    wait.until("the reason is told", told)
    assert "not-the-password" not in consumer.log()


def test_unknown_authority_is_told(kafka, apps, topic):
    broker, properties = split(kafka.secure_settings)
    del properties["ssl.ca.location"]
    consumer = apps.consumer(broker, topic, *as_flags(properties)).answering()

    def told() -> bool:
        answer = consumer.get("/readyz")
        return answer.status == 503 and "certificate" in answer.body.decode().lower()

    wait.until("the reason is told", told)


def test_password_in_a_file_opens_the_door(kafka, apps, topic, work_dir):
    broker, properties = split(kafka.secure_settings)
    secret = work_dir / "password"
    secret.write_text(properties.pop("sasl.password") + "\n")
    env = as_environment(properties) | {"RDKAFKA_SASL_PASSWORD_FILE": str(secret), "REDPANDA_BROKER": broker}
    done = apps.run("producer", "topic", "ensure", "--wikipedia-topic", topic, env=env)
    assert done.process.returncode == 0, done.tail()
    assert f"{topic}: created with 6 partitions" in done.out()

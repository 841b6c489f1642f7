"""What a run of chaos will do, made from its seed before anything is started.

A plan is data. The same seed, store and size give the same plan; what the programs make of it differs from run to run,
since their threads and the machine have a say in it too.
"""

import json
import random
from dataclasses import asdict, dataclass

STORES = ("rocksdb", "cassandra")
CONSUMERS = {"rocksdb": (1, 1), "cassandra": (1, 3)}
LINKS = {
    "rocksdb": {"producer": ("source", "broker"), "consumer": ("broker",)},
    "cassandra": {"producer": ("source", "broker"), "consumer": ("broker", "cassandra")},
}

# How much of each there is among what is drawn, of programs and of servers.
PROGRAM_BLOWS = {"kill": 5, "freeze": 3, "restart": 3, "cut": 4, "stall": 2}
SERVER_BLOWS = {"kill": 2, "freeze": 2, "restart": 1}
# For how long at most, in seconds, a victim stays as the blow left it.
LONGEST = {"kill": 1.0, "freeze": 3.0, "restart": 0.5, "cut": 1.5, "stall": 2.5}
SESSION = 4.0  # seconds that a member of the group may be silent
PAST_SESSION = 1.5 * SESSION


@dataclass(frozen=True)
class Step:
    """A blow, dealt at the random moment when the source has just served `at` events and the victim is at work."""

    at: int
    victim: str  # producer-1, consumer-2, simulator, kafka, cassandra; everything: all producers and consumers at once
    blow: str  # kill (-9), freeze (SIGSTOP, then SIGCONT), restart (SIGTERM), cut or stall (the link)
    link: str = ""  # of a cut or stall: source, broker or cassandra
    wait: float = 0.0  # seconds from when the victim was seen at work
    hold: float = 0.0  # seconds until it is started again, goes on, or is mended
    again: float | None = None  # killed once more, so many seconds after it was started again


@dataclass(frozen=True)
class Plan:
    seed: int
    store: str
    events: int  # distinct ones that the source serves
    rate: int  # of them a second, between two steps
    producers: int
    consumers: int
    window: int  # DEDUPE_WINDOW
    sync: str  # CASSANDRA_SYNC_PERIOD
    source: tuple[str, ...]  # flags of the simulator
    steps: tuple[Step, ...]

    def dumps(self) -> str:
        """One line for the run and one for each step."""
        run = asdict(self)
        steps = run.pop("steps")
        return "\n".join(json.dumps(line) for line in (run, *steps))


def make_plan(seed: int, store: str, events: int = 50_000, steps: int = 24, server_steps: int = 2) -> Plan:
    dice = random.Random(f"{seed} {store}")
    producers = dice.choice((1, 2, 2))
    consumers = dice.randint(*CONSUMERS[store])
    blows = _blows(dice, store, {"producer": producers, "consumer": consumers}, steps, server_steps)
    events += dice.randrange(events // 10)
    # From a twentieth of the run to 17 twentieths, one in each stretch of equal length. The source is then held at nine
    # tenths until the last is over, and what lies in sockets by then is less than the rest.
    first, length = events / 20, events * 0.8 / len(blows)
    moments = [int(first + length * (i + dice.random())) for i in range(len(blows))]
    return Plan(
        seed=seed,
        store=store,
        events=events,
        rate=2_500,
        producers=producers,
        consumers=consumers,
        window=dice.choice((90_000, 393_216)),
        sync=dice.choice(("0 s", "0 s", "1 s")),
        source=_source_flags(dice, seed),
        steps=tuple(Step(at=at, **blow) for at, blow in zip(moments, blows, strict=True)),
    )


def _source_flags(dice: random.Random, seed: int) -> tuple[str, ...]:
    faults = {"--duplicate": "0.01", "--canary": "0.005", "--malformed": "0.002", "--reorder": "50"}
    chosen = [part for name, value in faults.items() if dice.random() < 0.7 for part in (name, value)]
    chosen += ["--cut-after-events", str(dice.randrange(3_000, 9_000))] if dice.random() < 0.5 else []
    return ("--seed", str(seed), *chosen)


def _blows(dice: random.Random, store: str, numbers: dict[str, int], steps: int, server_steps: int) -> list[dict]:
    """Each program is killed twice at least; the rest is drawn."""
    programs = [f"{kind}-{n + 1}" for kind, count in numbers.items() for n in range(count)]
    blows = [_blow(dice, store, victim, "kill") for victim in (*programs, "simulator") for _ in range(2)]
    blows.append(_blow(dice, store, "everything", "kill"))
    while len(blows) < steps - server_steps:
        victim = dice.choice((*programs, *programs, "simulator"))
        blow = _draw(dice, PROGRAM_BLOWS)
        if victim == "simulator" and blow in ("cut", "stall"):
            continue
        link = dice.choice(LINKS[store][victim.split("-")[0]]) if blow in ("cut", "stall") else ""
        blows.append(_blow(dice, store, victim, blow, link))
    servers = ["kafka", *(["cassandra"] if store == "cassandra" else [])]
    blows += [_blow(dice, store, servers[n % len(servers)], _draw(dice, SERVER_BLOWS)) for n in range(server_steps)]
    dice.shuffle(blows)
    return blows


def _blow(dice: random.Random, store: str, victim: str, blow: str, link: str = "") -> dict:
    hold = dice.random() ** 2 * LONGEST[blow]
    if store == "cassandra" and victim.startswith("consumer") and blow in ("freeze", "stall") and dice.random() < 0.2:
        hold = PAST_SESSION
    twice = blow == "kill" and victim.startswith(("producer", "consumer")) and dice.random() < 0.3
    return {
        "victim": victim,
        "blow": blow,
        "link": link,
        "wait": round(dice.random() ** 2 * 0.8, 3),
        "hold": round(hold, 3),
        "again": round(dice.random() ** 2 * 1.5, 3) if twice else None,
    }


def _draw(dice: random.Random, weights: dict[str, int]) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]

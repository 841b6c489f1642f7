"""A short set of chaos: random blows, and deaths at every failpoint. `make chaos` runs more."""

import re

import pytest

from tests.chaos.driver import Run
from tests.chaos.failpoints import ELSEWHERE, Failpoints
from tests.chaos.plan import STORES, make_plan
from tests.chaos.world import World
from tests.conftest import ROOT

FAILPOINT = re.compile(r'failpoint\("([^"]+)"\)')
IN_FLIGHT = 18  # blows at least
STEPS = {"rocksdb": 20, "cassandra": 18}


@pytest.fixture(scope="module", params=STORES)
def world(request, run_dir, binaries):
    with World(request.param, binaries["wikiflow"].parent, run_dir / f"chaos-{request.param}") as world:
        yield world


def test_every_key_is_exact_after_blows_at_random_moments(world, work_dir, seed):
    plan = make_plan(seed, world.store, steps=STEPS[world.store])
    print(plan.dumps())
    outcome = Run(plan, world, work_dir).go()
    assert outcome.events >= 50_000
    assert sum(outcome.blows.values()) >= IN_FLIGHT


def test_every_key_is_exact_after_deaths_at_every_failpoint(world, work_dir, seed):
    run = Failpoints(Failpoints.planned(world.store, seed), world, work_dir)
    outcome = run.go()
    print(outcome.blows)
    assert run.missed() == []


def test_the_seed_is_the_plan():
    assert make_plan(7, "cassandra") == make_plan(7, "cassandra")
    assert make_plan(7, "cassandra") != make_plan(8, "cassandra")


def test_failpoints_of_the_sources_are_those_that_are_hit():
    """None is forgotten here, and none is listed that does not exist."""
    sources = [*(ROOT / "src").rglob("*.cc"), *(ROOT / "apps").rglob("*.cc")]
    text = "\n".join(path.read_text() for path in sources if not path.name.endswith("_test.cc"))
    run = [name for store in ("rocksdb", "cassandra") for name in Failpoints.names(store)]
    assert set(FAILPOINT.findall(text)) == {*run, *ELSEWHERE}

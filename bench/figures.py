"""What was measured against what, and whether that is good enough."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median


@dataclass
class Figure:
    """One line of the table. Without a bar it is only told."""

    name: str
    unit: str
    ours: float
    floor: float | None = None
    ratio: float | None = None  # the median over the repeats, not the ratio of the medians
    bar: str = ""
    ok: bool = True
    note: str = ""


def against_floor(
    name: str, unit: str, pairs: list[tuple[float, float]], *, most: float | None = None, least: float | None = None
) -> Figure:
    """`pairs`: (floor, ours), each taken one right after the other."""
    ratio = median(ours / floor for floor, ours in pairs)
    ok = (most is None or ratio <= most) and (least is None or ratio >= least)
    bar = f"<= {most:g} x" if most is not None else f">= {least:g} x" if least is not None else ""
    spread = f"{min(o / f for f, o in pairs):.2f}-{max(o / f for f, o in pairs):.2f}" if len(pairs) > 1 else ""
    return Figure(name, unit, median(o for _, o in pairs), median(f for f, _ in pairs), ratio, bar, ok, spread)


def at_most(name: str, unit: str, ours: float, bar: float, floor: float | None = None, note: str = "") -> Figure:
    return Figure(name, unit, ours, floor, None, f"<= {bar:.4g}", ours <= bar, note)


def told(name: str, unit: str, ours: float, note: str = "") -> Figure:
    return Figure(name, unit, ours, note=note)


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(figures: list[Figure]) -> str:
    rows = [["figure", "unit", "floor", "ours", "ratio", "bar", "ok", ""]]
    for f in figures:
        ratio = f"{f.ratio:.2f}" if f.ratio is not None else ""
        verdict = ("yes" if f.ok else "MISSED") if f.bar else ""
        rows.append([f.name, f.unit, number(f.floor), number(f.ours), ratio, f.bar, verdict, f.note])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def save(figures: list[Figure], circumstances: dict[str, object], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**circumstances, "figures": [asdict(f) for f in figures]}, indent=1) + "\n")

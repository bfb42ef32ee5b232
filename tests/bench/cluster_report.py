"""The figures of clusters as a table for people."""
import statistics
from dataclasses import asdict, dataclass


@dataclass
class Figure:
    """Values of one thing, one a round or node; `least` and `most` are the goal, where there is one."""

    what: str
    unit: str
    values: list
    least: float = None
    most: float = None

    def median(self):
        return statistics.median(self.values)

    def goal(self):
        if self.most is not None:
            return f"<= {self.most:,g}"
        return f">= {self.least:,g}" if self.least is not None else ""

    def verdict(self):
        if not self.goal():
            return ""
        low = self.least is not None and self.median() < self.least
        high = self.most is not None and self.median() > self.most
        return "missed" if low or high else "reached"


def number(value):
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def as_json(figures):
    return [dict(asdict(figure), median=figure.median(), verdict=figure.verdict()) for figure in figures]


def text(document, figures):
    lines = [f"{document['date']}, {document['machine']}, {document['mode']}, commit {document['commit']}", "",
             "| what | median | least | greatest | unit | goal | |", "|---|---|---|---|---|---|---|"]
    for one in figures:
        cells = (one.what, number(one.median()), number(min(one.values)), number(max(one.values)), one.unit, one.goal(),
                 one.verdict())
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)

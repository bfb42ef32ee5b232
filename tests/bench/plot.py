"""Draws the ratios: one bar a row and other server, on a logarithmic scale, with the goals as ticks.

    plot.py figures.json plot.png
"""
import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as pyplot

from report import NAMES, ratios

COLOURS = {"nginx": "#4878a8", "spring": "#6a9f58"}


def draw(document, target):
    rows = [row for row in document["throughput"] if row["servers"].get("musterd")]
    others = [name for name in ("nginx", "spring") if any(name in row["servers"] for row in rows)]
    if not rows or not others:
        return False
    figure, axes = pyplot.subplots(1, len(others), sharey=True, figsize=(5.2 * len(others) + 3, 0.34 * len(rows) + 1.8),
                                   squeeze=False)
    places = range(len(rows))
    for axis, other in zip(axes[0], others):
        for place, row in zip(places, rows):
            ratio = ratios(row, other, "per_cpu_second")
            if ratio is None:
                continue
            axis.barh(place, ratio[0], color=COLOURS[other], height=0.66,
                      xerr=[[ratio[0] - ratio[1]], [ratio[2] - ratio[0]]], error_kw={"elinewidth": 1, "ecolor": "#444444"})
            axis.annotate(f"{ratio[0]:.2f}" if ratio[0] < 10 else f"{ratio[0]:.0f}", (ratio[2], place), xytext=(4, 0),
                          textcoords="offset points", va="center", fontsize=8)
            goal = row["goals"].get(other)
            if goal:
                axis.plot([goal, goal], [place - 0.42, place + 0.42], color="#c03a2b", linewidth=2)
        axis.axvline(1, color="#888888", linewidth=0.8)
        axis.set_title(f"musterd / {NAMES[other]}", fontsize=11)
        axis.set_xscale("log")
        axis.margins(x=0.18)
        axis.xaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda value, _: f"{value:g}"))
        axis.xaxis.set_minor_formatter(matplotlib.ticker.NullFormatter())
        axis.grid(axis="x", alpha=0.3)
    axes[0][0].set_yticks(list(places))
    axes[0][0].set_yticklabels([row["title"] for row in rows], fontsize=9)
    axes[0][0].invert_yaxis()
    figure.suptitle(f"Requests per CPU second of the server, {document['date']} (red: goal; whiskers: spread of the pairs)",
                    fontsize=10)
    figure.tight_layout()
    figure.savefig(target, dpi=110)
    return True


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        draw(json.load(source), sys.argv[2])

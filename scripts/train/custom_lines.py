"""Trains the classifier of lines on, with an owner's own lines. One command, less than a minute on one core:

    python scripts/train/custom_lines.py my-lines.json --out my-weights.bin

In: what `{"action":"list_feedback"}` was answered with, `triage/knowledge.json`, or JSON Lines (lines/own-lines.ts). Out: the weights,
and golden lines beside them (`.golden.jsonl`): the owner's, and written ones that no training saw. Says how many of both are
right, with the weights before and with these; with fewer right than before nothing is written, for a device would send them back.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch

from classifier import export, load, settings, train

ROOT = Path(__file__).resolve().parents[2]
# plain code was made with the first in view; the others were written by people who did not know it
SEEN = sorted((ROOT / "test/fixtures/lines").glob("verdicts-[a-k].jsonl"))
WRITTEN = sorted((ROOT / "scripts/train/lines/written").glob("*.jsonl"))
# neither rules nor training looked at these
UNSEEN = sorted((ROOT / "test/fixtures/lines").glob("verdicts-[lmn].jsonl"))
SHIPPED = ROOT / "daemon/triage/classifier/weights.bin"
# golden lines stay below the 256 KiB that a device reads
MOST_OWN, MOST_UNSEEN = 600, 240


def node(script, *words):
    done = subprocess.run(["node", str(ROOT / "dist/scripts" / script), *map(str, words)], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(done.stderr.strip())
    return done.stdout


def rows_of(*paths):
    return [json.loads(text) for text in node("train/lines/classes.js", *paths).splitlines()]


def right(golden, weights):
    """How many of these golden lines a device would judge right, of how many."""
    told = json.loads(node("evaluate/golden.js", "--family", "classifier", "--golden", golden, "--model", weights, "--json"))
    return round(told["accuracy"] * told["requests"]), told["requests"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lines", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--before", type=Path, default=SHIPPED, help="the weights that devices run, and training goes on with; default: those that ship")
    parser.add_argument("--weight", type=int, default=8, help="an own line counts as so many others, where they are few")
    parser.add_argument("--anyway", action="store_true", help="write weights that do worse as well")
    settings(parser)
    # on, not anew: it stays near what it was
    parser.set_defaults(epochs=5, rate=0.002)
    args = parser.parse_args()
    torch.set_num_threads(1)
    paths = [path.resolve() for path in args.lines]
    with tempfile.TemporaryDirectory() as folder:
        own_path, own_golden, unseen = (Path(folder) / name for name in ("own.jsonl", "own-golden.jsonl", "unseen.jsonl"))
        own_path.write_text(node("train/lines/own-lines.js", *paths))
        own = rows_of(own_path)
        if not own:
            sys.exit("there are no lines to train on")
        own_golden.write_text(node("train/lines/own-lines.js", "--golden", "--most", MOST_OWN, own_path))
        unseen.write_text(node("train/lines/own-lines.js", "--golden", "--most", MOST_UNSEEN, *UNSEEN))
        rows = [{**row, "learnt": True} for row in rows_of(*SEEN)] + rows_of(*WRITTEN)
        times = max(1, min(args.weight, len(rows) // len(own)))
        print(f"{len(own)} lines of your own, each counted {times} times, beside {len(rows)}", flush=True)
        made = Path(folder) / "weights.bin"
        export(train(rows + own * times, args, 0, load(args.before, args.dropout)), made)
        sums = [0, 0]
        for name, golden in (("your own", own_golden), ("of others", unseen)):
            if not golden.read_text():
                continue
            (before, count), (after, _) = right(golden, args.before.resolve()), right(golden, made)
            sums = [sums[0] + before, sums[1] + after]
            print(f"{name}: {after} of {count} right, {before} before")
        if sums[1] < sums[0] and not args.anyway:
            sys.exit(f"not written: {sums[1]} right in all, {sums[0]} before. More lines of your own, or --anyway.")
        args.out.write_bytes(made.read_bytes())
        golden = args.out.with_suffix(".golden.jsonl")
        golden.write_text(own_golden.read_text() + unseen.read_text())
        print(f"{args.out}: {args.out.stat().st_size} bytes; {golden}")


if __name__ == "__main__":
    main()

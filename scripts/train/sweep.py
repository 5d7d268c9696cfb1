"""Sizes by quantizations: trains each size for the same time, writes it in every quantization, and measures every file
through the engine that the daemon uses.

    python scripts/train/sweep.py --work DIR --minutes 12 --threads 1 --parallel 2

Goes on where it was: what is trained or measured already is left alone. Prints a table in Markdown.
"""

import argparse
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from data import ROOT, TASKS, generate, train_tokenizer
from export import FILE_TYPE, load, write

HERE = Path(__file__).parent
# name: dim, layers, heads, hidden. Rows of 256 and 512 can be cut into the blocks of a K-quant.
SIZES = {
    "3M": (256, 3, 4, 640),
    "6M": (256, 6, 4, 640),
    "12M": (512, 4, 8, 1024),
    "20M": (512, 7, 8, 1024),
}
TYPES = [t for t in ("Q8_0", "Q6_K", "Q4_K", "Q4_0") if t in FILE_TYPE]
SEED = 555_000_111


def train(name: str, args) -> None:
    work = args.work / name
    if (work / "figures.json").exists():
        return
    work.mkdir(parents=True, exist_ok=True)
    (work / "tokenizer.json").write_bytes((args.work / "tokenizer.json").read_bytes())
    dim, layers, heads, hidden = SIZES[name]
    exclude = [word for path in args.exclude for word in ("--exclude", path)]
    with (args.work / f"{name}.log").open("a") as log:
        subprocess.run(
            [sys.executable, str(HERE / "train.py"), "--work", str(work), "--minutes", str(args.minutes), "--threads", str(args.threads),
             "--dim", str(dim), "--layers", str(layers), "--heads", str(heads), "--hidden", str(hidden), *exclude],
            check=True, stdout=log, stderr=log,
        )


def measure(name: str, kind: str, args) -> dict:
    file, result = args.work / f"{name}-{kind}.gguf", args.work / f"{name}-{kind}.json"
    if not result.exists():
        write(load(args.work / name), args.work / name / "tokenizer.json", file, kind, f"fieldmouse-command-{name}", "0.0.0")
        done = subprocess.run(
            ["node", str(ROOT / "dist/scripts/evaluate/forms.js"), "--model", str(file), "--in", str(args.work / "pairs.tsv")],
            check=True, capture_output=True, text=True,
        )
        result.write_text(done.stdout)
    return json.loads(result.read_text())


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--work", type=Path, required=True)
    p.add_argument("--minutes", type=float, default=12, help="for each size")
    p.add_argument("--threads", type=int, default=1, help="for each size")
    p.add_argument("--parallel", type=int, default=2, help="sizes trained side by side")
    p.add_argument("--sentences", type=int, default=2_000, help="generated sentences to measure with")
    p.add_argument("--sizes", nargs="*", default=list(SIZES), choices=list(SIZES))
    p.add_argument("--exclude", action="append", default=[], help="evaluation set whose sentences are never trained on")
    args = p.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    if not (args.work / "tokenizer.json").exists():
        train_tokenizer(TASKS["command"], 4096, generate(TASKS["command"], 78, 200_000)).save(str(args.work / "tokenizer.json"))
    if not (args.work / "pairs.tsv").exists():
        pairs = generate(TASKS["command"], SEED, args.sentences, "validation")
        (args.work / "pairs.tsv").write_text("".join(f"{u}\t{f}\n" for u, f in pairs))
    with ThreadPoolExecutor(args.parallel) as pool:
        list(pool.map(lambda name: train(name, args), args.sizes))
    print("| size | tokens seen | quantization | bytes | exact | commands refused | talk accepted | tokens/s | ms a sentence (p50) |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for name in args.sizes:
        seen = json.loads((args.work / name / "figures.json").read_text())["tokens"]
        for kind in TYPES:
            f = measure(name, kind, args)
            print(
                f"| {name} ({f['parameters'] / 1e6:.1f}M) | {seen / 1e6:.1f}M | {kind} | {f['bytes']:,} | {100 * f['exact']:.1f} % | "
                f"{100 * f['refusedCommands']:.1f} % | {100 * f['acceptedTalk']:.1f} % | {f['tokensPerSecond']:,} | {f['p50Ms']:.2f} |",
                flush=True,
            )

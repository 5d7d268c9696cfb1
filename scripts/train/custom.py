"""Trains the factory model on with a user's own phrases. One command, a few minutes on two cores:

    python scripts/train/custom.py my-phrases.yaml --out my-model.gguf

Writes the model, and beside it a report (`.report.json`): which phrases it reads now, and what became of 4,000 generated
sentences of patterns it was never trained on. A model that lost more than --most-loss of those is not written.
"""

import argparse
import copy
import hashlib
import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import torch
import torch.nn.functional as F

from base import read
from data import EXCLUDE, ROOT, TASKS, batches, encode, generate
from export import write
from train import VALIDATION_SEED

PHRASES = ROOT / "dist/scripts/train/generate/own-phrases.js"
# one model a family ships
FACTORY = next((ROOT / "ota/factory/targets/command").glob("*.gguf"))

COMMAND = TASKS["command"]


def phrases(path: Path, copies: int, seed: int) -> list[tuple[str, str]]:
    """The user's phrases as written (copies 0), or varied."""
    done = subprocess.run(
        ["node", str(PHRASES), "--in", str(path), "--copies", str(copies), "--seed", str(seed)],
        capture_output=True, text=True,
    )
    if done.returncode:
        sys.exit(done.stderr.strip())
    return [tuple(line.split("\t")) for line in done.stdout.splitlines()]


def right(model, rows, together=64) -> list[bool]:
    """For each row whether the whole short form is the likeliest at every step (without the grammar's help)."""
    model.eval()
    out = [False] * len(rows)
    order = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    with torch.no_grad():
        for start in range(0, len(order), together):
            group = order[start : start + together]
            longest = max(len(rows[i][0]) for i in group)
            ids = torch.zeros((len(group), longest), dtype=torch.long)
            for row, i in enumerate(group):
                ids[row, : len(rows[i][0])] = torch.tensor(rows[i][0])
            best = model(ids).argmax(-1)
            for row, i in enumerate(group):
                tokens, prompt = rows[i]
                out[i] = bool((best[row, prompt - 1 : len(tokens) - 1] == ids[row, prompt : len(tokens)]).all())
    model.train()
    return out


def compare(pairs, before, after, examples=12):
    """Counts, and the sentences that changed."""
    def changed(gained):
        return [{"utterance": u, "form": f} for (u, f), b, a in zip(pairs, before, after) if a != b and a == gained]

    got_better, got_worse = changed(True), changed(False)
    first = lambda form: form[1 : form.index(">")]  # noqa: E731
    return {
        "sentences": len(pairs),
        "right_before": sum(before),
        "right_after": sum(after),
        "better_by_action": dict(Counter(first(c["form"]) for c in got_better).most_common()),
        "worse_by_action": dict(Counter(first(c["form"]) for c in got_worse).most_common()),
        "better": got_better[:examples],
        "worse": got_worse[:examples],
    }


def learn(model, tokenizer, own, args):
    """Trains what of the model may change on own phrases, each varied, among generated sentences. Uses args.phrases, rate, steps, share, batch, seed."""
    parameters = [p for p in model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=args.rate, betas=(0.9, 0.98), weight_decay=0.0)
    began, shard, step = time.monotonic(), 0, 0
    mix = random.Random(args.seed)
    model.train()
    while step < args.steps:
        general = generate(COMMAND, args.seed * 7_000_003 + shard, 12_000)
        wanted = int(len(general) * args.share / (1 - args.share))
        mine = phrases(args.phrases, max(1, wanted // len(own)), args.seed + shard)
        rows = encode(COMMAND, tokenizer, general + mine)
        mix.shuffle(rows)
        for ids, targets in batches(rows, args.batch, shard):
            if step == args.steps:
                break
            for group in optimizer.param_groups:
                group["lr"] = args.rate * min(1.0, (step + 1) / 20, (args.steps - step) / args.steps)
            known = targets != -100
            with torch.autocast("cpu", dtype=torch.bfloat16):
                logits = model.logits(model.hidden(ids)[known])
            loss = F.cross_entropy(logits.float(), targets[known])
            loss.backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
            step += 1
            if step % 50 == 0:
                print(f"step {step} of {args.steps}, {(time.monotonic() - began) / 60:.1f} min, loss {loss.item():.4f}", flush=True)
        shard += 1


def main():
    p = argparse.ArgumentParser(description="Trains the factory model on with your own phrases.")
    p.add_argument("phrases", type=Path, help="YAML: see scripts/train/README.md")
    p.add_argument("--out", type=Path, required=True, help="the new model (GGUF)")
    p.add_argument("--base", type=Path, default=FACTORY, help="the model to go on from")
    p.add_argument("--version", help="default: the version of the base and a short hash of the phrases")
    p.add_argument("--steps", type=int, default=400, help="how long to train: about two minutes on two cores")
    p.add_argument("--share", type=float, default=0.2, help="share of what is trained on that is your phrases, 0 to 1")
    p.add_argument("--rate", type=float, default=6e-4)
    p.add_argument("--batch", type=int, default=2560, help="tokens a step, padding included")
    p.add_argument("--most-loss", type=float, default=0.01, help="share of generated sentences that may get worse on balance")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=torch.get_num_threads())
    p.add_argument("--exclude", action="append", default=[], help="evaluation set whose sentences are never trained on")
    args = p.parse_args()
    EXCLUDE.extend(args.exclude)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)

    own = phrases(args.phrases, 0, args.seed)
    print(f"{len(own)} phrases of your own", flush=True)
    model, tokenizer, about = read(args.base)
    own_rows = encode(COMMAND, tokenizer, own)
    validation = generate(COMMAND, VALIDATION_SEED, 4_000, "validation")
    validation_rows = encode(COMMAND, tokenizer, validation)
    before = copy.deepcopy(model)
    before_own, before_validation = right(before, own_rows), right(before, validation_rows)
    print(f"before: {sum(before_own)} of them read, {sum(before_validation)} of {len(validation)} generated sentences", flush=True)

    learn(model, tokenizer, own, args)

    after_own, after_validation = right(model, own_rows), right(model, validation_rows)
    digest = hashlib.sha256(args.phrases.read_bytes()).hexdigest()[:8]
    version = args.version or f"{about['version']}-own.{digest}"
    loss = (sum(before_validation) - sum(after_validation)) / len(validation)
    report = {
        "name": about["name"],
        "version": version,
        "base": {"version": about["version"], "sha256": hashlib.sha256(args.base.read_bytes()).hexdigest()},
        "phrases": {"file_sha256": hashlib.sha256(args.phrases.read_bytes()).hexdigest(), **compare(own, before_own, after_own)},
        "generated": compare(validation, before_validation, after_validation),
        "still_wrong": [{"utterance": u, "form": f} for (u, f), ok in zip(own, after_own) if not ok],
        "steps": args.steps,
    }
    report_file = args.out.with_suffix(".report.json")
    print(f"after:  {sum(after_own)} of {len(own)} of yours read, {sum(after_validation)} of {len(validation)} generated sentences")
    for entry in report["still_wrong"][:10]:
        print(f"  still wrong: {entry['utterance']}")
    if loss > args.most_loss:
        report_file.write_text(json.dumps(report, indent=1) + "\n")
        sys.exit(
            f"not written: {100 * loss:.1f} % of the generated sentences were lost, at most {100 * args.most_loss:.1f} % may be. "
            f"Look at {report_file}, then give fewer phrases that say opposite things, a lower --rate, or more --steps."
        )
    tokenizer_file = args.out.with_suffix(".tokenizer.json")
    tokenizer.save(str(tokenizer_file))
    write(model, tokenizer_file, args.out, "Q8_0", about["name"], version, about["calibration"])
    tokenizer_file.unlink()
    report["file"] = {"sha256": hashlib.sha256(args.out.read_bytes()).hexdigest(), "bytes": args.out.stat().st_size}
    report_file.write_text(json.dumps(report, indent=1) + "\n")
    print(f"{args.out}: version {version}, {args.out.stat().st_size} bytes; report in {report_file}")


if __name__ == "__main__":
    main()

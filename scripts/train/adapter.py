"""Makes a LoRA adapter: a small file that changes a model without replacing it. From phrases of your own:

    python scripts/train/adapter.py my-phrases.yaml --out my-adapter.gguf

or from a model that was trained on (the difference to its base, at the rank given):

    python scripts/train/adapter.py --tuned my-model.gguf --out my-adapter.gguf

Only matrices of the layers change: what says so in daemon/inference/adapter.ts is refused there. Writes the adapter and,
from phrases, a report beside it, as custom.py does.
"""

import argparse
import copy
import hashlib
import json
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from base import read
from custom import COMMAND, FACTORY, compare, learn, phrases, right
from data import EXCLUDE, encode, generate
from export import tensors, write
from model import Model
from train import VALIDATION_SEED

MATRICES = {"q": "attn_q", "k": "attn_k", "v": "attn_v", "o": "attn_output", "gate": "ffn_gate", "up": "ffn_up", "down": "ffn_down"}


class Low(nn.Module):
    """A matrix that stays, and a change of low rank that is learnt: B starts as zeros, so it starts as nothing."""

    def __init__(self, base: nn.Linear, rank: int):
        super().__init__()
        self.weight = base.weight
        self.weight.requires_grad = False
        self.a = nn.Parameter(torch.randn(rank, base.in_features) * base.in_features**-0.5)
        self.b = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, x):
        return F.linear(x, self.weight) + F.linear(F.linear(x, self.a), self.b)


def lowered(model: Model, rank: int) -> Model:
    """The same model, of which only changes of low rank can be learnt."""
    for p in model.parameters():
        p.requires_grad = False
    for block in model.blocks:
        for attribute in MATRICES:
            setattr(block, attribute, Low(getattr(block, attribute), rank))
    return model


def halves(model: Model) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """tensor name -> (A [rank, in], B [out, rank])"""
    return {
        f"blk.{i}.{name}.weight": tuple(getattr(getattr(block, attribute), half).detach().float().numpy() for half in "ab")
        for i, block in enumerate(model.blocks)
        for attribute, name in MATRICES.items()
    }


def merged(base: Model, changes) -> Model:
    """The base with the changes added in."""
    out = copy.deepcopy(base)
    with torch.no_grad():
        for name, weight, _ in tensors(out):
            if name in changes:
                a, b = changes[name]
                weight += torch.from_numpy(b @ a)
    return out


def factorised(base: Model, tuned: Model, rank: int):
    """-> (changes, share of the squared difference that they hold, names of tensors that differ and cannot travel)"""
    before = {name: weight.detach() for name, weight, _ in tensors(base)}
    changes, lost, kept, whole = {}, [], 0.0, 0.0
    for name, weight, _ in tensors(tuned):
        difference = weight.detach() - before[name]
        if not difference.any():
            continue
        if not (name.startswith("blk.") and difference.dim() == 2):
            lost.append(name)
            continue
        u, s, v = torch.linalg.svd(difference, full_matrices=False)
        kept += float((s[:rank] ** 2).sum())
        whole += float((s**2).sum())
        root = s[:rank].sqrt()
        changes[name] = ((root[:, None] * v[:rank]).numpy(), (u[:, :rank] * root).numpy())
    return changes, kept / whole if whole else 1.0, lost


def write_adapter(out: Path, changes, kind: str, name: str, version: str, base: Path, about: dict, calibration: dict | None = None):
    """The form that llama.cpp's convert_lora_to_gguf.py writes, and the hash of the one base that it stands on."""
    rank = next(iter(changes.values()))[0].shape[0]
    w = gguf.GGUFWriter(str(out), "llama")
    w.add_type("adapter")
    w.add_name(name)
    w.add_version(version)
    w.add_string("adapter.type", "lora")
    # as large as the rank: the change counts once
    w.add_float32("adapter.lora.alpha", float(rank))
    w.add_base_model_count(1)
    w.add_base_model_name(0, about["name"])
    w.add_base_model_version(0, about["version"])
    w.add_string("fieldmouse.adapter.base_sha256", hashlib.sha256(base.read_bytes()).hexdigest())
    if calibration:
        w.add_array("fieldmouse.calibration", [float(x) for x in calibration["weights"]])
        w.add_string("fieldmouse.calibration.features", " ".join(calibration["features"]))
    number = np.float16 if kind == "F16" else np.float32
    for tensor, (a, b) in changes.items():
        w.add_tensor(f"{tensor}.lora_a", np.ascontiguousarray(a, dtype=number))
        w.add_tensor(f"{tensor}.lora_b", np.ascontiguousarray(b, dtype=number))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def train(model: Model, tokenizer, args) -> tuple[dict, dict]:
    """-> (changes, report)"""
    own = phrases(args.phrases, 0, args.seed)
    own_rows = encode(COMMAND, tokenizer, own)
    validation = generate(COMMAND, VALIDATION_SEED, args.validation, "validation")
    validation_rows = encode(COMMAND, tokenizer, validation)
    before_own, before_validation = right(model, own_rows), right(model, validation_rows)
    print(f"before: {sum(before_own)} of {len(own)} of yours read, {sum(before_validation)} of {len(validation)} generated sentences", flush=True)
    low = lowered(copy.deepcopy(model), args.rank)
    learn(low, tokenizer, own, args)
    after_own, after_validation = right(low, own_rows), right(low, validation_rows)
    print(f"after:  {sum(after_own)} of {len(own)} of yours read, {sum(after_validation)} of {len(validation)} generated sentences", flush=True)
    lost = (sum(before_validation) - sum(after_validation)) / len(validation)
    if lost > args.most_loss:
        sys.exit(f"not written: {100 * lost:.1f} % of the generated sentences were lost, at most {100 * args.most_loss:.1f} % may be. Give fewer phrases that say opposite things, a lower --rate, or more --steps.")
    return halves(low), {
        "phrases": {"file_sha256": hashlib.sha256(args.phrases.read_bytes()).hexdigest(), **compare(own, before_own, after_own)},
        "generated": compare(validation, before_validation, after_validation),
        "still_wrong": [{"utterance": u, "form": f} for (u, f), ok in zip(own, after_own) if not ok],
        "steps": args.steps,
    }


def main():
    p = argparse.ArgumentParser(description="Makes a LoRA adapter for a model of the factory form.")
    p.add_argument("phrases", type=Path, nargs="?", help="YAML: see scripts/train/README.md")
    p.add_argument("--tuned", type=Path, help="instead of phrases: a model that was trained on from the base")
    p.add_argument("--lose-rest", action="store_true", help="with --tuned: embeddings and norms changed as well, and that may be lost")
    p.add_argument("--out", type=Path, required=True, help="the adapter (GGUF)")
    p.add_argument("--base", type=Path, default=FACTORY, help="the model that it stands on")
    p.add_argument("--rank", type=int, default=16)
    p.add_argument("--type", choices=["F16", "F32"], default="F16")
    p.add_argument("--name", help="default: the name of the base, and -adapter")
    p.add_argument("--version", default="1.0.0")
    p.add_argument("--calibration", type=Path, help="JSON of scripts/evaluate/calibrate.ts --adapter; without, that of the base counts")
    p.add_argument("--merged", type=Path, help="write the base with the changes added in as well (GGUF, F32), to compare")
    p.add_argument("--steps", type=int, default=400)
    p.add_argument("--share", type=float, default=0.2, help="share of what is trained on that is your phrases, 0 to 1")
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--batch", type=int, default=2560, help="tokens a step, padding included")
    p.add_argument("--validation", type=int, default=4_000, help="how many generated sentences are read before and after")
    p.add_argument("--most-loss", type=float, default=0.01, help="share of generated sentences that may get worse on balance")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=torch.get_num_threads())
    p.add_argument("--exclude", action="append", default=[], help="evaluation set whose sentences are never trained on")
    args = p.parse_args()
    if (args.phrases is None) == (args.tuned is None):
        p.error("give either phrases or --tuned")
    EXCLUDE.extend(args.exclude)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)

    base, tokenizer, about = read(args.base)
    if args.tuned:
        changes, kept, lost = factorised(base, read(args.tuned)[0], args.rank)
        if lost and not args.lose_rest:
            sys.exit(f"not written: {len(lost)} tensors changed that no adapter can hold ({', '.join(lost[:3])}, ...). Train with phrases instead, or lose them with --lose-rest.")
        if not changes:
            sys.exit("not written: nothing in the layers changed.")
        print(f"rank {args.rank} holds {100 * kept:.2f} % of the squared change of {len(changes)} matrices")
        report = None
    else:
        changes, report = train(base, tokenizer, args)
    calibration = json.loads(args.calibration.read_text()) if args.calibration else None
    write_adapter(args.out, changes, args.type, args.name or f"{about['name']}-adapter", args.version, args.base, about, calibration)
    if report:
        report = {"base": {"version": about["version"], "sha256": hashlib.sha256(args.base.read_bytes()).hexdigest()}, "rank": args.rank, **report}
        report["file"] = {"sha256": hashlib.sha256(args.out.read_bytes()).hexdigest(), "bytes": args.out.stat().st_size}
        args.out.with_suffix(".report.json").write_text(json.dumps(report, indent=1) + "\n")
    if args.merged:
        tokenizer_file = args.merged.with_suffix(".tokenizer.json")
        tokenizer.save(str(tokenizer_file))
        write(merged(base, changes), tokenizer_file, args.merged, "F32", about["name"], f"{about['version']}-merged", about["calibration"])
        tokenizer_file.unlink()
    print(f"{args.out}: {args.out.stat().st_size} bytes, {len(changes)} matrices")


if __name__ == "__main__":
    main()

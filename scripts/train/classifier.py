"""Trains the classifier of lines (daemon/triage/classifier/) on labelled lines, and says how it does on lines it has not seen.

    node dist/scripts/train/lines/classes.js scripts/train/lines/written/*.jsonl > rows.jsonl
    python scripts/train/classifier.py --rows rows.jsonl --folds             # each file judged by what the others taught
    python scripts/train/classifier.py --rows rows.jsonl --out daemon/triage/classifier/weights.bin

A minute on one core for 4,000 lines. A bag of words, pairs and parts of words (vectors averaged), beside it what plain code
said and what it rests on; one hidden layer; four heads: severity, category, component, whether there is work to plan.
"""
import argparse
import json
import random
import struct
from pathlib import Path

import numpy
import torch
from torch import nn
from torch.nn import functional as F

LINE_BUCKETS, PLAIN_BUCKETS = 1 << 16, 1 << 11
# as daemon/triage/classifier/features.ts
FEATURES_VERSION = 2
SEVERITIES = ["normal", "advisory", "warning", "critical", "emergency"]
CATEGORIES = ["security", "safety", "leak", "sensor_fault", "vibration", "temperature", "pressure", "level_flow", "electrical",
              "communication", "configuration", "wear_maintenance", "process_deviation", "normal"]
COMPONENTS = ["motor", "drive", "pump", "compressor", "fan", "hvac", "bearing", "gearbox", "valve", "boiler", "furnace", "chiller",
              "freezer", "tank", "conveyor", "machine", "engine", "generator", "transformer", "inverter", "power_supply", "battery",
              "sensor", "controller", "network", "safety_device", "other"]
HEADS = {"severity": SEVERITIES, "category": CATEGORIES, "component": COMPONENTS}
OUTPUTS = sum(len(names) for names in HEADS.values()) + 1
ALARMS = {"warning", "critical", "emergency"}
# averages of many vectors are short beside sums of few
WORDS_COUNT = 3
# a further right answer is worth so much of the label
ALSO_RIGHT = 0.35


class Classifier(nn.Module):
    """
    Buckets in, scores out: severity, category, component, work to plan. The hidden layer sees words and signs together
    ("lost", but taken back); words go to the scores on a way of their own, and so do signs.
    """

    def __init__(self, width: int, hidden: int, dropout: float):
        super().__init__()
        self.line = nn.EmbeddingBag(LINE_BUCKETS, width, mode="mean")
        self.plain = nn.EmbeddingBag(PLAIN_BUCKETS, width, mode="sum")
        self.direct = nn.EmbeddingBag(PLAIN_BUCKETS, OUTPUTS, mode="sum")
        self.hidden = nn.Linear(2 * width, hidden)
        self.out = nn.Linear(hidden + width, OUTPUTS)
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.line.weight, std=0.1)
        nn.init.normal_(self.plain.weight, std=0.05)
        nn.init.zeros_(self.direct.weight)

    def forward(self, line, line_at, plain, plain_at):
        words, signs = self.line(line, line_at), self.plain(plain, plain_at)
        hidden = F.relu(self.hidden(torch.cat([words * WORDS_COUNT, signs], 1)))
        return self.out(self.dropout(torch.cat([hidden, words], 1))) + self.direct(plain, plain_at)


def bags(lists):
    flat, offsets = [], []
    for buckets in lists:
        offsets.append(len(flat))
        flat.extend(buckets)
    return torch.tensor(flat, dtype=torch.long), torch.tensor(offsets, dtype=torch.long)


def target(row, head):
    names, expected = HEADS[head], row["expected"]
    also = [x for x in expected.get(f"{head}_ok", []) if x != expected[head]]
    value = torch.zeros(len(names))
    value[names.index(expected[head])] = 1 - (ALSO_RIGHT if also else 0)
    for name in also:
        value[names.index(name)] += ALSO_RIGHT / len(also)
    return value


def train(rows, args, seed, model=None):
    """@param model what training goes on with; anew without it"""
    torch.manual_seed(seed)
    rng = random.Random(seed)
    model = model or Classifier(args.width, args.hidden, args.dropout)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.rate, weight_decay=args.decay)
    steps = args.epochs * ((len(rows) + args.batch - 1) // args.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, args.rate, total_steps=steps, pct_start=0.1)
    targets = [[target(row, head) for head in HEADS] for row in rows]
    human = [row["expected"].get("needs_human") for row in rows]
    for _ in range(args.epochs):
        order = list(range(len(rows)))
        rng.shuffle(order)
        for at in range(0, len(order), args.batch):
            picked = order[at:at + args.batch]
            line = bags([[b for b in rows[i]["line"] if rng.random() > args.drop_features] for i in picked])
            # what plain code said is kept from it now and then, and always where plain code knows the line by heart
            plain = bags([[] if rows[i].get("learnt") or rng.random() < args.drop_plain else rows[i]["plain"] for i in picked])
            scores = model(*line, *plain)
            losses, start = 0, 0
            bad = torch.tensor([rows[i]["expected"]["severity"] != "normal" for i in picked]).float()
            for h, (head, names) in enumerate(HEADS.items()):
                wanted = torch.stack([targets[i][h] for i in picked])
                part = F.cross_entropy(scores[:, start:start + len(names)], wanted, reduction="none", label_smoothing=0.02)
                losses = losses + (part * bad if head == "component" else part).mean()
                start += len(names)
            known = torch.tensor([rows[i]["expected"]["severity"] == "advisory" and human[i] is not None for i in picked]).float()
            wanted = torch.tensor([float(bool(human[i])) for i in picked])
            losses = losses + (F.binary_cross_entropy_with_logits(scores[:, -1], wanted, reduction="none") * known).mean()
            optimizer.zero_grad()
            losses.backward()
            optimizer.step()
            schedule.step()
    model.eval()
    return model


def predict(models, rows, with_plain=True):
    with torch.no_grad():
        line, plain = bags([r["line"] for r in rows]), bags([r["plain"] if with_plain else [] for r in rows])
        scores = sum(m(*line, *plain) for m in models) / len(models)
    said = []
    for row in scores:
        parts, start = {}, 0
        for head, names in HEADS.items():
            parts[head] = dict(zip(names, F.softmax(row[start:start + len(names)], 0).tolist()))
            start += len(names)
        parts["human"] = torch.sigmoid(row[-1]).item()
        said.append(parts)
    return said


def verdict(parts):
    """The likeliest that goes together: `normal` with `normal`."""
    bad = {n: p for n, p in parts["severity"].items() if n != "normal"}
    kinds = {n: p for n, p in parts["category"].items() if n != "normal"}
    normal = (parts["severity"]["normal"] + parts["category"]["normal"]) / 2
    if normal >= 0.5:
        return {"severity": "normal", "category": "normal", "component": max(parts["component"], key=parts["component"].get),
                "needs_human": False, "normal": normal}
    severity = max(bad, key=bad.get)
    return {"severity": severity, "category": max(kinds, key=kinds.get),
            "component": max(parts["component"], key=parts["component"].get),
            "needs_human": severity != "advisory" or parts["human"] >= 0.5, "normal": normal}


# as daemon/triage/classifier/weigh.ts
RAISE_FROM, CALM_FROM, NAME_FROM, CERTAIN = 0.75, 0.7, 0.4, 0.95
CALM_GRAVE_FROM = {"critical": 0.8, "emergency": 0.9}


def weighed(plain, parts):
    own, of = verdict(parts), parts["severity"]
    alarm = sum(of[name] for name in ALARMS)
    if plain["confidence"] >= CERTAIN or plain["category"] == "security":
        return plain
    if own["severity"] in ALARMS and plain["severity"] not in ALARMS:
        return own if alarm >= RAISE_FROM else plain
    if own["severity"] not in ALARMS and plain["severity"] in ALARMS:
        return own if 1 - alarm >= CALM_GRAVE_FROM.get(plain["severity"], CALM_FROM) else plain
    if (own["severity"], plain["severity"]) == ("advisory", "normal"):
        return own if 1 - of["normal"] >= RAISE_FROM else plain
    if (own["severity"], plain["severity"]) == ("normal", "advisory"):
        return own if of["normal"] >= CALM_FROM else plain
    sure = (of[own["severity"]] * parts["category"][own["category"]]) ** 0.5
    return own if own["category"] == plain["category"] or sure >= NAME_FROM else plain


def right(said, expected):
    """As score-logs.mjs: severity, category, component, needs_human."""
    is_right = {head: said[head] in [expected[head], *expected.get(f"{head}_ok", [])] for head in HEADS}
    if expected["severity"] == "normal":
        is_right["component"] = True
    human = expected.get("needs_human")
    is_right["human"] = human is None or human == said["needs_human"]
    is_right["exact"] = all(is_right.values())
    return is_right


def figures(pairs):
    got = [right(said, expected) for said, expected in pairs]
    result = {key: round(sum(g[key] for g in got) / len(got), 3) for key in got[0]}
    clear = [(s["severity"] in ALARMS, e["severity"] in ALARMS) for s, e in pairs
             if len({x in ALARMS for x in [e["severity"], *e.get("severity_ok", [])]}) == 1]
    alarms = [s for s, e in clear if e]
    calm = [s for s, e in clear if not e]
    result["recall"] = round(sum(alarms) / max(1, len(alarms)), 3)
    result["false"] = round(sum(calm) / max(1, len(calm)), 3)
    return result


def export(model, path):
    """Header (JSON, padded), then tables as int8 rows with a scale each (line, plain, direct) and float32 layers."""
    made_for = json.loads((Path(__file__).resolve().parents[2] / "package.json").read_text())["version"]
    header = json.dumps({"version": FEATURES_VERSION, "made_for": made_for, "width": model.line.weight.shape[1], "hidden": model.hidden.weight.shape[0],
                         "words_count": WORDS_COUNT, "line_buckets": LINE_BUCKETS, "plain_buckets": PLAIN_BUCKETS,
                         "outputs": OUTPUTS, **HEADS}).encode()
    header += b" " * (-len(header) % 8)
    with open(path, "wb") as f:
        f.write(b"FMLC" + struct.pack("<I", len(header)) + header)
        for table in (model.line.weight.detach(), model.plain.weight.detach(), model.direct.weight.detach()):
            scale = table.abs().amax(1, keepdim=True) / 127
            whole = torch.where(scale > 0, table / scale.clamp(min=1e-12), torch.zeros_like(table)).round().to(torch.int8)
            f.write(scale[:, 0].float().numpy().tobytes() + whole.numpy().tobytes())
        for layer in (model.hidden, model.out):
            f.write(layer.weight.detach().float().numpy().tobytes() + layer.bias.detach().float().numpy().tobytes())


def load(path, dropout):
    """What `export` wrote, at eight bits. Refuses what is not of this form."""
    data = Path(path).read_bytes()
    if data[:4] != b"FMLC":
        raise SystemExit(f"{path} holds no weights of the classifier")
    at = 8 + struct.unpack("<I", data[4:8])[0]
    header = json.loads(data[8:at])
    known = {"version": FEATURES_VERSION, "line_buckets": LINE_BUCKETS, "plain_buckets": PLAIN_BUCKETS, "outputs": OUTPUTS, **HEADS}
    if any(header.get(name) != value for name, value in known.items()):
        raise SystemExit(f"{path} is of another version")
    model = Classifier(header["width"], header["hidden"], dropout)

    def take(shape, kind):
        nonlocal at
        part = numpy.frombuffer(data, kind, int(numpy.prod(shape)), at).reshape(shape)
        at += part.nbytes
        return torch.from_numpy(part.astype("float32"))

    with torch.no_grad():
        for table in (model.line.weight, model.plain.weight, model.direct.weight):
            scale = take((table.shape[0], 1), "<f4")
            table.copy_(scale * take(table.shape, "i1"))
        for layer in (model.hidden, model.out):
            layer.weight.copy_(take(layer.weight.shape, "<f4"))
            layer.bias.copy_(take(layer.bias.shape, "<f4"))
    return model


def settings(parser):
    """How it is trained."""
    parser.add_argument("--width", type=int, default=32)
    parser.add_argument("--hidden", type=int, default=64)
    parser.add_argument("--dropout", type=float, default=0.3)
    parser.add_argument("--drop-features", type=float, default=0.2)
    parser.add_argument("--drop-plain", type=float, default=0.1)
    parser.add_argument("--rate", type=float, default=0.01)
    parser.add_argument("--decay", type=float, default=0.01)
    parser.add_argument("--epochs", type=int, default=25)
    parser.add_argument("--batch", type=int, default=64)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=Path, nargs="+", required=True)
    parser.add_argument("--learnt", default="", help="files whose lines plain code was made with: what it says of them is not believed")
    parser.add_argument("--test", default="", help="files kept out")
    parser.add_argument("--folds", action="store_true")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--answers", type=Path, help="what the weights say of some lines, for the tests of the daemon's code")
    settings(parser)
    args = parser.parse_args()
    torch.set_num_threads(1)
    rows = [json.loads(text) for path in args.rows for text in path.open()]
    for row in rows:
        row["learnt"] = row["from"] in args.learnt.split(",")
    tests = args.test.split(",") if args.test else []
    files = sorted({r["from"] for r in rows if not r["learnt"]}) if args.folds else tests
    for held in [[f] for f in files] if args.folds else [tests] if tests else []:
        models = [train([r for r in rows if r["from"] not in held], args, seed) for seed in range(args.seeds)]
        for name in held:
            own = [r for r in rows if r["from"] == name]
            print(name, len(own))
            print("  plain code ", figures([(r["said"], r["expected"]) for r in own]))
            print("  alone      ", figures([(verdict(p), r["expected"]) for p, r in zip(predict(models, own, False), own)]))
            together = predict(models, own)
            print("  together   ", figures([(verdict(p), r["expected"]) for p, r in zip(together, own)]))
            print("  as weighed ", figures([(weighed(r["said"], p), r["expected"]) for p, r in zip(together, own)]), flush=True)
    if args.out:
        kept = [r for r in rows if r["from"] not in tests]
        # buckets that no line taught are noise from the start
        model = train(kept, args, 0)
        used = torch.zeros(LINE_BUCKETS, 1)
        used[sorted({b for r in kept for b in r["line"]})] = 1
        model.line.weight.data *= used
        export(model, args.out)
        if args.answers:
            some = kept[:: max(1, len(kept) // 40)][:40]
            args.answers.write_text(json.dumps([
                {"line": r["line"], "plain": r["plain"], "severity": p["severity"], "category": p["category"],
                 "component": p["component"], "human": p["human"]} for r, p in zip(some, predict([model], some))]) + "\n")
        print(f"{args.out}: {args.out.stat().st_size} bytes from {len(rows)} lines")


if __name__ == "__main__":
    main()

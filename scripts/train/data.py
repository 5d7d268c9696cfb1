"""Training pairs from the TypeScript generator, as padded batches of token ids."""

import subprocess
from pathlib import Path

import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

ROOT = Path(__file__).resolve().parents[2]
BOS, EOS = "<s>", "</s>"
SEP = "<out>"


class Task:
    """What a model is trained for: which generator makes its pairs, and the mark that its prompts begin with."""

    def __init__(self, generator: str, prefix: str, describes: str):
        self.generator, self.prefix, self.describes = ROOT / generator, prefix, describes


TASKS = {
    "command": Task("dist/scripts/train/generate/generate.js", "<cmd>", "Reads one household command and writes its short form (docs/decisions/0003)."),
    "line": Task("dist/scripts/train/lines/generate.js", "<line>", "Reads one line of sensor text and writes its verdict (docs/decisions/0014)."),
}


# Evaluation sets (JSON Lines with a field `utterance`) whose sentences must never be trained on; see train.py --exclude.
EXCLUDE: list[str] = []


def generate(task: Task, seed: int, count: int, split: str = "train") -> list[tuple[str, str]]:
    """`count` pairs (utterance, short form); the same seed gives the same pairs. `split`: train, validation or all."""
    exclude = [word for path in EXCLUDE for word in ("--exclude", path)]
    text = subprocess.run(
        ["node", str(task.generator), "--seed", str(seed), "--count", str(count), "--split", split, *exclude],
        check=True, capture_output=True, text=True,
    ).stdout
    return [tuple(line.split("\t")) for line in text.splitlines()]


def marks(task: Task) -> list[str]:
    return subprocess.run(["node", str(task.generator), "--marks"], check=True, capture_output=True, text=True).stdout.split()


def train_tokenizer(task: Task, vocab: int, pairs: list[tuple[str, str]]) -> Tokenizer:
    """Byte-level BPE that llama.cpp knows as `smollm`: digits one by one, then GPT-2's pattern. Marks are whole tokens."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    all_marks = [BOS, EOS, *marks(task)]
    trainer = trainers.BpeTrainer(
        vocab_size=vocab - len(all_marks) + 2,
        special_tokens=[BOS, EOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((f" {utterance}" for utterance, _ in pairs), trainer)
    tokenizer.add_tokens([AddedToken(m, normalized=False, special=False) for m in all_marks[2:]])
    return tokenizer


def encode(task: Task, tokenizer: Tokenizer, pairs: list[tuple[str, str]]) -> list[tuple[list[int], int]]:
    """-> (token ids from <s> to </s>, how many of them are prompt)."""
    bos, eos = tokenizer.token_to_id(BOS), tokenizer.token_to_id(EOS)
    prompts = tokenizer.encode_batch([f"{task.prefix} {u}{SEP}" for u, _ in pairs])
    forms = tokenizer.encode_batch([f for _, f in pairs])
    return [([bos, *p.ids, *f.ids, eos], 1 + len(p.ids)) for p, f in zip(prompts, forms)]


def batches(rows: list[tuple[list[int], int]], tokens_per_batch: int, seed: int):
    """Batches of like lengths, in random order: yields (ids [n, t], targets [n, t] with -100 where nothing is learned)."""
    rng = np.random.default_rng(seed)
    order = np.argsort([len(ids) + rng.random() * 2 for ids, _ in rows], kind="stable")
    groups, group, longest = [], [], 0
    for i in order:
        length = len(rows[i][0])
        if group and max(longest, length) * (len(group) + 1) > tokens_per_batch:
            groups.append(group)
            group, longest = [], 0
        group.append(i)
        longest = max(longest, length)
    if group:
        groups.append(group)
    rng.shuffle(groups)
    for group in groups:
        longest = max(len(rows[i][0]) for i in group)
        ids = np.zeros((len(group), longest), dtype=np.int64)
        targets = np.full((len(group), longest), -100, dtype=np.int64)
        for row, i in enumerate(group):
            tokens, prompt = rows[i]
            ids[row, : len(tokens)] = tokens
            targets[row, prompt - 1 : len(tokens) - 1] = tokens[prompt:]
        yield torch.from_numpy(ids), torch.from_numpy(targets)

"""A shipped GGUF back as weights and tokenizer, so that training can go on from it. The weights lose what Q8_0 rounded off."""

from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

from export import tensors
from model import Model, Shape


def _value(reader: gguf.GGUFReader, key: str):
    return reader.fields[key].contents()


def read(path: Path) -> tuple[Model, Tokenizer, dict]:
    """-> (model, tokenizer, {name, version, calibration or None}). Raises KeyError when it is not a model of this form."""
    reader = gguf.GGUFReader(str(path))
    shape = Shape(
        vocab=_value(reader, "llama.vocab_size"),
        dim=_value(reader, "llama.embedding_length"),
        layers=_value(reader, "llama.block_count"),
        heads=_value(reader, "llama.attention.head_count"),
        hidden=_value(reader, "llama.feed_forward_length"),
        context=_value(reader, "llama.context_length"),
        rope_base=_value(reader, "llama.rope.freq_base"),
        norm_eps=_value(reader, "llama.attention.layer_norm_rms_epsilon"),
    )
    model = Model(shape)
    stored = {t.name: t for t in reader.tensors}
    with torch.no_grad():
        for name, weight, _ in tensors(model):
            values = gguf.quants.dequantize(stored[name].data, stored[name].tensor_type).copy()
            weight.copy_(torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)).reshape(weight.shape))
    about = {"name": _value(reader, "general.name"), "version": _value(reader, "general.version"), "calibration": None}
    if "fieldmouse.calibration" in reader.fields:
        about["calibration"] = {
            "weights": _value(reader, "fieldmouse.calibration"),
            "features": _value(reader, "fieldmouse.calibration.features").split(" "),
        }
    return model, _tokenizer(reader), about


def _tokenizer(reader: gguf.GGUFReader) -> Tokenizer:
    tokens, kinds = _value(reader, "tokenizer.ggml.tokens"), _value(reader, "tokenizer.ggml.token_type")
    of = lambda *wanted: [t for t, k in zip(tokens, kinds) if k in wanted]  # noqa: E731
    first = of(gguf.TokenType.CONTROL, gguf.TokenType.NORMAL)
    merges = [tuple(m.split(" ")) for m in _value(reader, "tokenizer.ggml.merges")]
    tokenizer = Tokenizer(models.BPE(vocab={t: i for i, t in enumerate(first)}, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(t, special=True) for t in of(gguf.TokenType.CONTROL)])
    tokenizer.add_tokens([AddedToken(t, normalized=False, special=False) for t in of(gguf.TokenType.USER_DEFINED)])
    ids = tokenizer.get_vocab(with_added_tokens=True)
    wrong = [t for i, (t, k) in enumerate(zip(tokens, kinds)) if k != gguf.TokenType.UNUSED and ids.get(t) != i]
    if wrong:
        raise ValueError(f"the tokenizer does not come out as it was stored: {wrong[:5]}")
    return tokenizer

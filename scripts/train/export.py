"""Writes trained weights as a GGUF that llama.cpp runs.

    python scripts/train/export.py --work scripts/train/work --type Q8_0 --version 1.0.0 --out model.gguf
"""

import argparse
import json
from pathlib import Path

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer

import kquants
from data import BOS, EOS, TASKS, Task
from model import Model, Shape


def tensors(model: Model):
    """(GGUF name, weights, may be quantized)."""
    yield "token_embd.weight", model.embed.weight, True
    yield "output_norm.weight", model.norm.weight, False
    for i, b in enumerate(model.blocks):
        yield f"blk.{i}.attn_norm.weight", b.attn_norm.weight, False
        yield f"blk.{i}.attn_q.weight", b.q.weight, True
        yield f"blk.{i}.attn_k.weight", b.k.weight, True
        yield f"blk.{i}.attn_v.weight", b.v.weight, True
        yield f"blk.{i}.attn_output.weight", b.o.weight, True
        yield f"blk.{i}.ffn_norm.weight", b.ffn_norm.weight, False
        yield f"blk.{i}.ffn_gate.weight", b.gate.weight, True
        yield f"blk.{i}.ffn_up.weight", b.up.weight, True
        yield f"blk.{i}.ffn_down.weight", b.down.weight, True


FILE_TYPE = {"F32": gguf.LlamaFileType.ALL_F32, "F16": gguf.LlamaFileType.MOSTLY_F16, "Q8_0": gguf.LlamaFileType.MOSTLY_Q8_0, "Q4_0": gguf.LlamaFileType.MOSTLY_Q4_0,
             "Q4_K": gguf.LlamaFileType.MOSTLY_Q4_K_S, "Q5_K": gguf.LlamaFileType.MOSTLY_Q5_K_S, "Q6_K": gguf.LlamaFileType.MOSTLY_Q6_K}


def quantization(kind: str, tensor_name: str, length: int) -> str:
    """As llama.cpp chooses: tied embeddings are the output as well and get 6 bits; rows that no K-quant fits get the next simple one."""
    if kind not in kquants.K_QUANTS:
        return kind
    if length % kquants.BLOCK:
        return {"Q4_K": "Q5_0", "Q5_K": "Q5_1", "Q6_K": "Q8_0"}[kind]
    return "Q6_K" if tensor_name == "token_embd.weight" else kind


def write(model: Model, tokenizer_file: Path, out: Path, kind: str, name: str, version: str, calibration: dict | None = None, task: Task = TASKS["command"]):
    s: Shape = model.shape
    w = gguf.GGUFWriter(str(out), "llama")
    w.add_type("model")
    w.add_name(name)
    w.add_version(version)
    w.add_license("apache-2.0")
    w.add_description(task.describes)
    w.add_languages(["en"] if task is TASKS["command"] else ["en", "de", "fr", "es", "it", "nl"])
    w.add_file_type(FILE_TYPE[kind])
    w.add_quantization_version(gguf.GGML_QUANT_VERSION)
    w.add_vocab_size(s.vocab)
    w.add_context_length(s.context)
    w.add_embedding_length(s.dim)
    w.add_block_count(s.layers)
    w.add_feed_forward_length(s.hidden)
    w.add_head_count(s.heads)
    w.add_head_count_kv(s.heads)
    w.add_rope_dimension_count(s.dim // s.heads)
    w.add_rope_freq_base(s.rope_base)
    w.add_layer_norm_rms_eps(s.norm_eps)
    if calibration:
        # read by daemon/inference/confidence.ts
        w.add_array("fieldmouse.calibration", [float(x) for x in calibration["weights"]])
        w.add_string("fieldmouse.calibration.features", " ".join(calibration["features"]))

    spec = json.loads(tokenizer_file.read_text())
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    added = {t["content"] for t in spec["added_tokens"]}
    ids = {i: t for t, i in tokenizer.get_vocab(with_added_tokens=True).items()}
    words, types = [], []
    for i in range(s.vocab):
        token = ids.get(i, f"<unused_{i}>")
        words.append(token)
        if token in (BOS, EOS):
            types.append(gguf.TokenType.CONTROL)
        elif token in added:
            types.append(gguf.TokenType.USER_DEFINED)
        elif i in ids:
            types.append(gguf.TokenType.NORMAL)
        else:
            types.append(gguf.TokenType.UNUSED)
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("smollm")
    w.add_token_list(words)
    w.add_token_types(types)
    w.add_token_merges([" ".join(m) if isinstance(m, list) else m for m in spec["model"]["merges"]])
    w.add_bos_token_id(tokenizer.token_to_id(BOS))
    w.add_eos_token_id(tokenizer.token_to_id(EOS))
    w.add_add_bos_token(True)
    w.add_add_eos_token(False)

    for tensor_name, weight, quantizable in tensors(model):
        data = weight.detach().float().cpu().numpy()
        if kind == "F32" or not quantizable:
            w.add_tensor(tensor_name, data.astype(np.float32))
        elif kind == "F16":
            w.add_tensor(tensor_name, data.astype(np.float16))
        else:
            used = quantization(kind, tensor_name, data.shape[-1])
            q = gguf.GGMLQuantizationType[used]
            w.add_tensor(tensor_name, kquants.quantize(data, used) if used in kquants.K_QUANTS else gguf.quants.quantize(data, q), raw_dtype=q)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def load(work: Path) -> Model:
    saved = torch.load(work / "state.pt", map_location="cpu", weights_only=True)
    model = Model(Shape(**saved["shape"]))
    model.load_state_dict(saved["model"])
    return model.eval()


# Prompts whose greedy answers are written beside the model: a test holds the GGUF to the same choices as these weights.
FIXED_PROMPTS = [
    "turn on the porch lantern", "switch everything off downstairs", "set the reading lamp to 35 %", "make the pantry lights teal",
    "open the left shutter half way", "lock the cellar door", "is the loft window open", "how warm is it in the nursery",
    "set a timer for nine minutes", "add two minutes to the dough timer", "start the dishwasher at half past nine pm",
    "send the robot back to its dock", "play some flamenco on the stereo", "skip this track", "turn it up a bit",
    "turn off the fan and close the blinds", "what will the weather be on sunday", "who wrote the odyssey", "xqz blorp nim",
    "dim the zorbifex lamp by ten percent",
]


LINE_PROMPTS = [
    "mqtt mill : gearbox # oil temperature high # c", "serial : pump # bearing vibration alarm zone d", "syslog gw : connection timeout to plc #",
    "mqtt cold : freezer # door open temperature # c", "mqtt plant : no leak detected", "syslog ups : on battery mains failure",
    "mqtt line# : fault cleared motor #", "serial : uebertemperatur motor # abgeschaltet", "mqtt : debit insuffisant pompe #", "can : heartbeat ok",
]


def fixed_answers(model: Model, tokenizer_file: Path, task: Task = TASKS["command"]):
    """Greedy token ids of the unquantized weights for each fixed prompt, with the smallest lead over the second choice."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    out = []
    for text in FIXED_PROMPTS if task is TASKS["command"] else LINE_PROMPTS:
        prompt = [tokenizer.token_to_id(BOS), *tokenizer.encode(f"{task.prefix} {text}<out>").ids]
        ids, lead = list(prompt), 1.0
        while len(ids) < len(prompt) + 60:
            with torch.no_grad():
                p = model(torch.tensor([ids]))[0, -1].float().softmax(-1)
            top = p.topk(2)
            lead = min(lead, (top.values[0] - top.values[1]).item())
            ids.append(int(top.indices[0]))
            if ids[-1] == tokenizer.token_to_id(EOS):
                break
        out.append({"text": text, "prompt": prompt, "answer": ids[len(prompt):], "smallest_lead": round(lead, 4)})
    return out


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--task", choices=list(TASKS), default="command")
    p.add_argument("--work", type=Path, required=True)
    p.add_argument("--type", default="Q8_0", choices=list(FILE_TYPE))
    p.add_argument("--name", help="default: fieldmouse- and the task")
    p.add_argument("--version", required=True)
    p.add_argument("--out", type=Path, required=True)
    p.add_argument("--answers", type=Path, help="write the fixed prompts with the answers of the weights as JSON")
    p.add_argument("--calibration", type=Path, help="JSON of scripts/evaluate/calibrate.ts: weights that make the confidence a probability")
    args = p.parse_args()
    model = load(args.work)
    write(model, args.work / "tokenizer.json", args.out, args.type, args.name or f"fieldmouse-{args.task}", args.version, json.loads(args.calibration.read_text()) if args.calibration else None, TASKS[args.task])
    if args.answers:
        args.answers.write_text("[\n" + ",\n".join(json.dumps(a) for a in fixed_answers(model, args.work / "tokenizer.json", TASKS[args.task])) + "\n]\n")
    print(f"{args.out}: {args.out.stat().st_size} bytes")

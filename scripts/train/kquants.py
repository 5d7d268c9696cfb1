"""K-quants (Q4_K, Q5_K, Q6_K) for export.py. The Python package gguf reads them but does not write them; ggml does, and its
library comes with node-llama-cpp: so these are the bytes of llama.cpp's own quantizer.

    python scripts/train/kquants.py      # checks them against gguf's dequantizer

Rows must be a multiple of 256 long. @source ggml/include/ggml.h, ggml_quantize_chunk
"""

import ctypes
import platform
from functools import cache
from pathlib import Path

import gguf
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
K_QUANTS = ("Q4_K", "Q5_K", "Q6_K")
BLOCK = 256
# node-llama-cpp's names of platforms
PLATFORMS = {"Linux-x86_64": "linux-x64", "Linux-aarch64": "linux-arm64", "Darwin-arm64": "mac-arm64-metal"}


@cache
def library() -> ctypes.CDLL:
    here = PLATFORMS.get(f"{platform.system()}-{platform.machine()}", "unknown")
    folder = ROOT / "node_modules/@node-llama-cpp" / here / "bins"
    found = sorted(folder.rglob("libggml-base.*"))
    if not found:
        raise SystemExit(f"no libggml-base under {folder}: run npm ci, or choose another --type")
    lib = ctypes.CDLL(str(found[0]))
    lib.ggml_quantize_chunk.restype = ctypes.c_size_t
    lib.ggml_quantize_chunk.argtypes = [ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 3, ctypes.c_void_p]
    return lib


def quantize(data: np.ndarray, kind: str) -> np.ndarray:
    """Rows of float32 -> rows of bytes, as GGUFWriter.add_tensor takes them with raw_dtype."""
    rows, length = data.shape
    if length % BLOCK:
        raise ValueError(f"{kind} needs rows of a multiple of {BLOCK}, these are {length} long")
    qtype = gguf.GGMLQuantizationType[kind]
    _, block_bytes = gguf.GGML_QUANT_SIZES[qtype]
    source = np.ascontiguousarray(data, dtype=np.float32)
    out = np.empty((rows, length // BLOCK * block_bytes), dtype=np.uint8)
    written = library().ggml_quantize_chunk(int(qtype), source.ctypes.data, out.ctypes.data, 0, rows, length, None)
    if written != out.nbytes:
        raise RuntimeError(f"ggml wrote {written} bytes, {out.nbytes} were expected")
    return out


def check() -> None:
    """Round trip of random weights through ggml's quantizer and gguf's dequantizer."""
    weights = np.random.default_rng(1).normal(0, 0.05, (64, 512)).astype(np.float32)
    # relative root mean square error for normal weights: about half a step of 2^4, 2^5, 2^6 levels
    for kind, most in (("Q4_K", 0.08), ("Q5_K", 0.04), ("Q6_K", 0.02)):
        back = gguf.quants.dequantize(quantize(weights, kind), gguf.GGMLQuantizationType[kind])
        error = float(np.sqrt(((back - weights) ** 2).mean() / (weights**2).mean()))
        print(f"{kind}: relative error {error:.4f}, at most {most}")
        assert error < most


if __name__ == "__main__":
    check()

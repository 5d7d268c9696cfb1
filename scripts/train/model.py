"""The network: llama architecture (RMSNorm, rotary positions, SwiGLU), tied embeddings, so that llama.cpp runs it as it is."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class Shape:
    """Sizes of the network. `dim` and `hidden` are multiples of 32 (the block of Q8_0 and Q4_0)."""

    vocab: int = 4096
    dim: int = 256
    layers: int = 6
    heads: int = 4
    hidden: int = 640
    context: int = 256
    rope_base: float = 10000.0
    norm_eps: float = 1e-5


class Norm(nn.Module):
    def __init__(self, dim: int, eps: float):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.eps = eps

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.eps)


def rotary(shape: Shape):
    """cos and sin, each [context, head_dim / 2]. Pairs are neighbours (2i, 2i+1), as llama.cpp's LLAMA architecture has them."""
    half = shape.dim // shape.heads // 2
    freq = shape.rope_base ** (-torch.arange(half, dtype=torch.float32) / half)
    angle = torch.arange(shape.context, dtype=torch.float32)[:, None] * freq[None, :]
    return angle.cos(), angle.sin()


def rotate(x, cos, sin):
    """x: [batch, heads, time, head_dim]."""
    a, b = x[..., 0::2], x[..., 1::2]
    return torch.stack((a * cos - b * sin, a * sin + b * cos), dim=-1).flatten(-2)


class Block(nn.Module):
    def __init__(self, s: Shape):
        super().__init__()
        self.heads = s.heads
        self.attn_norm = Norm(s.dim, s.norm_eps)
        self.q = nn.Linear(s.dim, s.dim, bias=False)
        self.k = nn.Linear(s.dim, s.dim, bias=False)
        self.v = nn.Linear(s.dim, s.dim, bias=False)
        self.o = nn.Linear(s.dim, s.dim, bias=False)
        self.ffn_norm = Norm(s.dim, s.norm_eps)
        self.gate = nn.Linear(s.dim, s.hidden, bias=False)
        self.up = nn.Linear(s.dim, s.hidden, bias=False)
        self.down = nn.Linear(s.hidden, s.dim, bias=False)

    def forward(self, x, cos, sin):
        n, t, d = x.shape
        h = self.attn_norm(x)
        split = lambda y: y.view(n, t, self.heads, d // self.heads).transpose(1, 2)  # noqa: E731
        q, k, v = rotate(split(self.q(h)), cos, sin), rotate(split(self.k(h)), cos, sin), split(self.v(h))
        a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + self.o(a.transpose(1, 2).reshape(n, t, d))
        h = self.ffn_norm(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class Model(nn.Module):
    def __init__(self, shape: Shape):
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocab, shape.dim)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.dim, shape.norm_eps)
        cos, sin = rotary(shape)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        for p in self.parameters():
            if p.dim() > 1:
                nn.init.normal_(p, std=0.02 if p.shape[0] == shape.vocab else p.shape[1] ** -0.5)
        for b in self.blocks:  # residual branches start small
            for p in (b.o.weight, b.down.weight):
                p.data.mul_((2 * shape.layers) ** -0.5)

    def hidden(self, tokens):
        """tokens [batch, time] -> [batch, time, dim], before the output matrix."""
        x = self.embed(tokens)
        t = tokens.shape[1]
        cos, sin = self.cos[:t].to(x.dtype), self.sin[:t].to(x.dtype)
        for block in self.blocks:
            x = block(x, cos, sin)
        return self.norm(x)

    def logits(self, hidden):
        return F.linear(hidden, self.embed.weight.to(hidden.dtype))

    def forward(self, tokens):
        return self.logits(self.hidden(tokens))

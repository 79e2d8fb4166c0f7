// From a tile of products to scores, in base-2 units: scale, soft cap, ALiBi, edits, masks. Hidden scores are a large negative number, not
// minus infinity: no difference of two is NaN, and their exponential is exactly 0.
#pragma once
#include "params.cuh"

constexpr float HIDDEN = -1e30f;
constexpr float LOG2E = 1.4426950408889634f;
constexpr float LN2 = 0.6931471805599453f;

__device__ __forceinline__ float exp2fast(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

// What is known of one head in one row of the batch.
struct Scorer {
  const Params &p;
  const int *positions;  // [key] or null
  const HeadEdit *edit;  // or null
  const float *factors;
  const unsigned *queryRules;
  const unsigned *keyRules;
  float slope;
  bool plain;  // products need no more than the scale and a mask by columns

  __device__ __forceinline__ Scorer(const Params &params, int row, int head) : p(params) {
    positions = p.positions ? p.positions + (size_t)row * p.keys : nullptr;
    edit = p.edits ? p.edits + row * p.heads + head : nullptr;
    bool changes = edit && (edit->factors >= 0 || edit->rules >= 0 || edit->windows > 0);
    factors = changes && edit->factors >= 0 ? p.factors + (size_t)edit->factors * p.keys : nullptr;
    queryRules = changes && edit->rules >= 0 ? p.queryRules + (size_t)edit->rules * p.keys : nullptr;
    keyRules = changes && edit->rules >= 0 ? p.keyRules + (size_t)edit->rules * p.keys : nullptr;
    slope = p.slopes ? p.slopes[head] : 0;
    plain = !positions && !changes && !p.slopes && p.cap == 0;
  }

  __device__ __forceinline__ float gate() const { return edit ? edit->gate : 1; }

  __device__ __forceinline__ int position(int column) const { return positions ? positions[column] : column; }

  // Columns of keys that queries of the columns [first, last] may see.
  __device__ __forceinline__ void keyRange(int first, int last, int &from, int &to) const {
    from = 0;
    to = p.causal ? min(p.keys, last + 1) : p.keys;
    if (!positions && p.window < p.keys) {
      from = max(0, first - p.window + 1);
      to = min(to, last + p.window);
    }
  }

  // Columns of queries that may see keys of the columns [first, last].
  __device__ __forceinline__ void queryRange(int first, int last, int &from, int &to) const {
    from = p.causal ? first : 0;
    to = p.keys;
    if (!positions && p.window < p.keys) {
      from = max(from, first - p.window + 1);
      to = min(to, last + p.window);
    }
  }

  // Tells whether all queries [q0, q1] see all keys [k0, k1], as columns, and nothing but the scale makes their scores.
  __device__ __forceinline__ bool whole(int q0, int q1, int k0, int k1) const {
    return plain && k1 < p.keys && q1 < p.keys && (!p.causal || k1 <= q0) &&
           (p.window >= p.keys || (q1 - k0 < p.window && k1 - q0 < p.window));
  }

  // The score of a product, in base-2 units.
  __device__ __forceinline__ float score(float product, int query, int key) const {
    if (key >= p.keys || query >= p.keys) {
      return HIDDEN;
    }
    return plain ? plainScore(product, query, key) : edited(product, query, key);
  }

  __device__ __forceinline__ float plainScore(float product, int query, int key) const {
    const bool seen = key < p.keys && query < p.keys && (!p.causal || key <= query) && abs(query - key) < p.window;
    return seen ? product * (p.scale * LOG2E) : HIDDEN;
  }

  __device__ __noinline__ float edited(float product, int query, int key) const {
    int i = position(query);
    int j = position(key);
    bool seen = i >= 0 && j >= 0 ? (!p.causal || j <= i) && abs(i - j) < p.window : query == key;
    if (!seen) {
      return HIDDEN;
    }
    float s = product * p.scale;
    if (p.cap != 0) {
      s = p.cap * tanhf(s / p.cap);
    }
    s = fmaf(slope, (float)(j - i), s);
    if (factors) {
      s *= factors[query];
    }
    if (queryRules) {
      for (unsigned rules = queryRules[query] & keyRules[key]; rules != 0; rules &= rules - 1) {
        s += edit->weights[__ffs(rules) - 1];
      }
    }
    for (int w = 0; edit && w < edit->windows && i >= 0; w++) {
      if (j >= edit->sinks[w] && abs(i - j) >= edit->spans[w]) {
        return HIDDEN;
      }
    }
    return s == -INFINITY ? HIDDEN : s * LOG2E;
  }
};

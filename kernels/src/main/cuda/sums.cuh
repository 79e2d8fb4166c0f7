// What a row of attention is reduced to while its keys pass, and how that is written out. For any product in the layout of tiles.cuh.
#pragma once
#include <climits>

#include "scores.cuh"
#include "tiles.cuh"

// One thread's share of a row's sums over the keys seen so far, with m the largest score and e_j = 2^(s_j - m).
struct Sums {
  float m = HIDDEN;
  float l = 0;         // sum e
  float entropy = 0;   // sum e (s - m)
  float squares = 0;   // sum e^2
  float distance = 0;  // sum e |i - j|
  float within = 0;    // sum e min(|i - j|, window)
  float duplicate = 0;
  float sets[MAX_SETS] = {0, 0, 0, 0};
  int key = -1;        // where m was reached first
};

// What is known of the keys of a tile, for the sums that few requests ask for.
template <int COLS>
struct KeyFacts {
  float4 sets[COLS];  // 1 for a member
  int tokens[COLS];
  float positions[COLS];
  int members[(COLS + 31) / 32];  // whether any of 32 keys is in any set

  __device__ __forceinline__ void load(const Params &p, const Scorer &scorer, int row, int from) {
    const int i = threadIdx.x;
    if (i < COLS) {
      const int key = min(from + i, p.keys - 1);
      const unsigned bits = p.sets ? p.sets[(size_t)row * p.keys + key] : 0;
      sets[i] = make_float4(bits & 1, bits >> 1 & 1, bits >> 2 & 1, bits >> 3 & 1);
      tokens[i] = p.tokens ? p.tokens[(size_t)row * p.keys + key] : 0;
      positions[i] = scorer.position(key);
      const int some = __any_sync(__activemask(), bits != 0);
      if (i % 32 == 0) {
        members[i / 32] = some;
      }
    }
  }

  __device__ __forceinline__ bool anyMember() const {
    int some = 0;
#pragma unroll
    for (int i = 0; i < (COLS + 31) / 32; i++) {
      some |= members[i];
    }
    return some != 0;
  }
};

__device__ __forceinline__ float quadMax(float x) {
  x = fmaxf(x, __shfl_xor_sync(0xffffffff, x, 1));
  return fmaxf(x, __shfl_xor_sync(0xffffffff, x, 2));
}

__device__ __forceinline__ float quadSum(float x) {
  x += __shfl_xor_sync(0xffffffff, x, 1);
  return x + __shfl_xor_sync(0xffffffff, x, 2);
}

// The two rows of a thread. PLAIN: causal, no padding, no edits, no cap, no ALiBi. MORE: further sums may be asked for.
template <bool PLAIN, bool MORE>
struct RowPair {
  Sums sums[2];
  float tile[2];      // sum e of the last tile
  int column[2];      // of the queries, as key columns
  float position[2];
  int token[2];
  bool causal;        // and unpadded: distances are differences of columns, none negative
  bool more;

  __device__ __forceinline__ bool ahead() const { return PLAIN || causal; }
  __device__ __forceinline__ bool further() const { return MORE && more; }  // KeyFacts are needed

  __device__ __forceinline__ RowPair(const Params &p, const Scorer &scorer, int row, int first) {
    causal = p.causal && !scorer.positions;
    more = !causal || p.within != INT_MAX || p.tokens || p.sets;
#pragma unroll
    for (int r = 0; r < 2; r++) {
      column[r] = first + 8 * r;
      const int inside = min(column[r], p.keys - 1);
      position[r] = scorer.position(inside);
      token[r] = p.tokens ? p.tokens[(size_t)row * p.keys + inside] : 0;
    }
  }

  // Turns products into scores.
  template <int BLOCKS>
  __device__ __forceinline__ void score(float (&s)[BLOCKS][4], const Scorer &scorer, bool whole, int base) const {
    const float scale2 = scorer.p.scale * LOG2E;
    if (whole) {
#pragma unroll
      for (int n = 0; n < BLOCKS; n++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
          s[n][i] *= scale2;
        }
      }
    } else {
#pragma unroll
      for (int n = 0; n < BLOCKS; n++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
          const int key = base + n * 8 + i % 2;
          s[n][i] = PLAIN ? scorer.plainScore(s[n][i], column[i / 2], key) : scorer.score(s[n][i], column[i / 2], key);
        }
      }
    }
  }

  // Takes in a tile of scores, which become exponentials. Tells whether what was summed before has decayed, and by how much.
  template <int BLOCKS>
  __device__ __forceinline__ bool absorb(float (&s)[BLOCKS][4], int base, float (&decay)[2]) {
    float top[2];
    bool grew = false;
#pragma unroll
    for (int r = 0; r < 2; r++) {
      float most = HIDDEN;
#pragma unroll
      for (int n = 0; n < BLOCKS; n++) {
        most = fmaxf(most, fmaxf(s[n][2 * r], s[n][2 * r + 1]));
      }
      top[r] = quadMax(most);
      grew |= top[r] > sums[r].m;
    }
    // Once the rows' maxima stand, as they mostly do, nothing decays and no key is looked for.
    const bool any = __any_sync(0xffffffff, grew);
    if (any) {
#pragma unroll
      for (int r = 0; r < 2; r++) {
        int found = INT_MAX;
#pragma unroll
        for (int n = BLOCKS - 1; n >= 0; n--) {
          found = s[n][2 * r + 1] == top[r] ? base + n * 8 + 1 : found;
          found = s[n][2 * r] == top[r] ? base + n * 8 : found;
        }
        found = min(found, __shfl_xor_sync(0xffffffff, found, 1));
        found = min(found, __shfl_xor_sync(0xffffffff, found, 2));
        Sums &x = sums[r];
        x.key = top[r] > x.m ? found : x.key;
        const float m = fmaxf(x.m, top[r]);
        const float drop = x.m - m;
        decay[r] = exp2fast(drop);
        x.m = m;
        x.entropy = fmaf(x.l, drop, x.entropy) * decay[r];
        x.l *= decay[r];
        x.squares *= decay[r] * decay[r];
        x.distance *= decay[r];
        if (further()) {
          x.within *= decay[r];
          x.duplicate *= decay[r];
#pragma unroll
          for (int i = 0; i < MAX_SETS; i++) {
            x.sets[i] *= decay[r];
          }
        }
      }
    }
#pragma unroll
    for (int r = 0; r < 2; r++) {
      Sums &x = sums[r];
      const float m = x.m <= 0.5f * HIDDEN ? 0 : x.m;  // nothing seen yet: exponentials are 0, not 1
      // a tile is summed by itself first, in two chains, which keeps the rounding error flat in the length of the text
      float l[2] = {0, 0}, entropy[2] = {0, 0}, squares[2] = {0, 0}, offsets[2] = {0, 0};
#pragma unroll
      for (int n = 0; n < BLOCKS; n++) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
          const float y = s[n][2 * r + i] - m;
          const float e = exp2fast(y);
          s[n][2 * r + i] = e;
          l[i] += e;
          entropy[i] = fmaf(e, y, entropy[i]);
          squares[i] = fmaf(e, e, squares[i]);
          offsets[i] = fmaf(e, (float)(n * 8 + i), offsets[i]);
        }
      }
      const float sum = l[0] + l[1];
      tile[r] = sum;
      x.l += sum;
      x.entropy += entropy[0] + entropy[1];
      x.squares += squares[0] + squares[1];
      // sum e (i - j) = (i - base) sum e - sum e (j - base), tile by tile, so that nothing large cancels
      x.distance += ahead() ? fmaf((float)(column[r] - base), sum, -(offsets[0] + offsets[1])) : 0;
    }
    return any;
  }

  // The sums that few requests ask for; distances too where they are not differences of columns. Whole: every query sees every key, and
  // `nearest` is the least distance between them.
  template <int BLOCKS>
  __device__ __forceinline__ void absorbFurther(const Params &p, const float (&e)[BLOCKS][4], const KeyFacts<BLOCKS * 8> &facts,
                                                int base, bool whole, int nearest) {
    const int first = threadIdx.x % 4 * 2;
    if (!ahead()) {
      float distance[2] = {0, 0};
#pragma unroll
      for (int n = 0; n < BLOCKS; n++) {
        const float2 at = *reinterpret_cast<const float2 *>(&facts.positions[first + n * 8]);
#pragma unroll
        for (int i = 0; i < 4; i++) {
          distance[i / 2] = fmaf(e[n][i], fabsf(position[i / 2] - (i % 2 ? at.y : at.x)), distance[i / 2]);
        }
      }
      sums[0].distance += distance[0];
      sums[1].distance += distance[1];
    }
    if (p.within != INT_MAX) {
      const float most = p.within;
      float within[2] = {tile[0] * most, tile[1] * most};  // where all keys are beyond the window
      if (!ahead() || !whole || nearest < p.within) {
        within[0] = within[1] = 0;
#pragma unroll
        for (int n = 0; n < BLOCKS; n++) {
          const float2 at = *reinterpret_cast<const float2 *>(&facts.positions[first + n * 8]);
#pragma unroll
          for (int i = 0; i < 4; i++) {
            const float apart = fabsf(position[i / 2] - (i % 2 ? at.y : at.x));
            within[i / 2] = fmaf(e[n][i], fminf(apart, most), within[i / 2]);
          }
        }
      }
      sums[0].within += within[0];
      sums[1].within += within[1];
    }
    if (p.tokens) {
      const int ahead0 = whole && ahead() ? INT_MAX : column[0];  // keys of a whole tile all stand before the query
      const int ahead1 = whole && ahead() ? INT_MAX : column[1];
      float duplicate[2] = {0, 0};
#pragma unroll
      for (int n = 0; n < BLOCKS; n++) {
        const int2 id = *reinterpret_cast<const int2 *>(&facts.tokens[first + n * 8]);
#pragma unroll
        for (int i = 0; i < 4; i++) {
          const bool alike = (i % 2 ? id.y : id.x) == token[i / 2] && base + n * 8 + i % 2 < (i / 2 ? ahead1 : ahead0);
          duplicate[i / 2] += alike ? e[n][i] : 0;
        }
      }
      sums[0].duplicate += duplicate[0];
      sums[1].duplicate += duplicate[1];
    }
    if (p.sets && facts.anyMember()) {
      float4 in[2] = {};
#pragma unroll
      for (int n = 0; n < BLOCKS; n++) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
          const float4 member = facts.sets[first + n * 8 + i];
#pragma unroll
          for (int r = 0; r < 2; r++) {
            const float x = e[n][2 * r + i];
            in[r].x = fmaf(x, member.x, in[r].x);
            in[r].y = fmaf(x, member.y, in[r].y);
            in[r].z = fmaf(x, member.z, in[r].z);
            in[r].w = fmaf(x, member.w, in[r].w);
          }
        }
      }
#pragma unroll
      for (int r = 0; r < 2; r++) {
        sums[r].sets[0] += in[r].x;
        sums[r].sets[1] += in[r].y;
        sums[r].sets[2] += in[r].z;
        sums[r].sets[3] += in[r].w;
      }
    }
  }

  // Joins the four threads of each row and writes the statistics; scale becomes what z is multiplied by. `first`: the first row's query.
  __device__ __forceinline__ void write(const Params &p, const Scorer &scorer, int row, int head, int first, float (&scale)[2]) {
    const size_t slot = (size_t)p.batch * p.heads * p.queries;
#pragma unroll
    for (int r = 0; r < 2; r++) {
      Sums &x = sums[r];
      const float l = quadSum(x.l);
      const bool seen = l > 0;
      const float share = seen ? 1 / l : 0;
      scale[r] = share * scorer.gate();
      const float entropy = quadSum(x.entropy) * share;
      const float squares = quadSum(x.squares) * share * share;
      const float distance = quadSum(x.distance) * share;
      const float within = quadSum(x.within) * share;
      const float duplicate = quadSum(x.duplicate) * share;
      float sets[MAX_SETS];
#pragma unroll
      for (int i = 0; i < MAX_SETS; i++) {
        sets[i] = quadSum(x.sets[i]) * share;
      }
      const int query = first + 8 * r;
      if (threadIdx.x % 4 == 0 && query < p.queries) {
        float *at = p.rows + ((size_t)row * p.heads + head) * p.queries + query;
        const float bits = log2f(l);
        at[LOG_SUM_EXP * slot] = seen ? (x.m + bits) * LN2 : -INFINITY;
        at[ENTROPY * slot] = seen ? fmaxf(0, (bits - entropy) * LN2) : 0;
        at[SQUARES * slot] = squares;
        at[LARGEST * slot] = share;
        at[LARGEST_KEY * slot] = __int_as_float(seen ? x.key : -1);
        at[DISTANCE * slot] = seen ? distance : NAN;
        at[WITHIN * slot] = seen ? within : NAN;
        at[DUPLICATE * slot] = duplicate;
#pragma unroll
        for (int i = 0; i < MAX_SETS; i++) {
          if (i < p.setCount) {
            at[(SETS + i) * slot] = sets[i];
          }
        }
      }
    }
  }
};

// Writes a block's z through shared memory, so that whole lines are written. All threads are past their last use of `staging`.
template <typename T, int D, int ROWS, int THREADS>
__device__ __forceinline__ void writeOutput(const Params &p, const float (&o)[D / 8][4], const float (&scale)[2], T *staging, int q0,
                                            int row, int head) {
  constexpr int CHUNK = Shape<T, D>::CHUNK;
  constexpr int CHUNKS = Shape<T, D>::CHUNKS;
  const int lane = threadIdx.x % 32;
  const int mine = threadIdx.x / 32 * 16 + lane / 4;
  const int queries = min(ROWS, p.queries - q0);
#pragma unroll
  for (int n = 0; n < D / 8; n++) {
    const int col = n * 8 + lane % 4 * 2;
#pragma unroll
    for (int r = 0; r < 2; r++) {
      T *to = staging + place<T, D>(mine + 8 * r, col / CHUNK) + col % CHUNK;
      to[0] = T(o[n][2 * r] * scale[r]);
      to[1] = T(o[n][2 * r + 1] * scale[r]);
    }
  }
  __syncthreads();
  T *z = static_cast<T *>(p.z) + ((size_t)row * p.queries + q0) * p.heads * p.d + (size_t)head * p.d;
  const size_t stride = (size_t)p.heads * p.d;
  if (p.d % CHUNK == 0) {
    for (int i = threadIdx.x; i < ROWS * CHUNKS; i += THREADS) {
      const int r = i / CHUNKS;
      const int chunk = i % CHUNKS;
      if (r < queries && chunk * CHUNK < p.d) {
        *reinterpret_cast<uint4 *>(z + r * stride + chunk * CHUNK) = *reinterpret_cast<const uint4 *>(staging + place<T, D>(r, chunk));
      }
    }
  } else {
    for (int i = threadIdx.x; i < queries * p.d; i += THREADS) {
      const int r = i / p.d;
      const int col = i % p.d;
      z[r * stride + col] = staging[place<T, D>(r, col / CHUNK) + col % CHUNK];
    }
  }
}

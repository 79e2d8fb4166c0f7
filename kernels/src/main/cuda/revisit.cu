// What needs each row's log-sum-exp first, so computes the scores a second time: the mass that keys receive, the pattern, the most
// probable keys. Ladder and costs: docs/kernels.md.
#include <climits>

#include "scores.cuh"
#include "tiles.cuh"

// Walks right tiles with the left tile's rows fixed; `use(first column, s, base)` gets each tile of scores in base-2 units. `LeftIsKeys` turns the
// product around: rows are keys, columns are queries.
template <typename T, int D, bool LeftIsKeys, typename Use>
__device__ __forceinline__ void walk(const Params &p, const Scorer &scorer, int row, int head, int l0, Use use) {
  using S = Shape<T, D>;
  constexpr int BLOCKS = S::COLS / 8;
  extern __shared__ __align__(128) unsigned char memory[];
  T *left = reinterpret_cast<T *>(memory);
  T *right = left + S::ROWS * D;
  const int lane = threadIdx.x % 32;
  const int shift = p.keys - p.queries;
  const HeadTensors<T> x(p, row, head);
  const size_t leftStride = LeftIsKeys ? x.kStride : x.qStride;
  const size_t rightStride = LeftIsKeys ? x.qStride : x.kStride;
  const T *leftFrom = (LeftIsKeys ? x.k : x.q) + l0 * leftStride;
  const T *rightFrom = LeftIsKeys ? x.q : x.k;
  const int leftCount = min(S::ROWS, (LeftIsKeys ? p.keys : p.queries) - l0);
  const int rightCount = LeftIsKeys ? p.queries : p.keys;

  int from;
  int to;
  if (LeftIsKeys) {
    scorer.queryRange(l0, l0 + leftCount - 1, from, to);
    from = max(0, from - shift);
    to -= shift;
  } else {
    scorer.keyRange(shift + l0, shift + l0 + leftCount - 1, from, to);
  }
  from = from / S::COLS * S::COLS;
  const int tiles = max(0, (to - from + S::COLS - 1) / S::COLS);

  auto fetch = [&](int t) {
    const int at = from + t * S::COLS;
    load<T, D, S::COLS>(right + t % S::STAGES * S::COLS * D, rightFrom + at * rightStride, rightStride, rightCount - at, p.d);
  };
  load<T, D, S::ROWS>(left, leftFrom, leftStride, leftCount, p.d);
  if (tiles > 0) {
    fetch(0);
  }
  commit();
  Left<T, D> fragments;
  const int mine = threadIdx.x / 32 * 16 + lane / 4;
  const int l[2] = {l0 + mine, l0 + mine + 8};
  for (int t = 0; t < tiles; t++) {
    if (S::STAGES == 2 && t + 1 < tiles) {
      fetch(t + 1);
      commit();
      await<1>();
    } else {
      await<0>();
    }
    __syncthreads();
    if (t == 0) {
      fragments.keep(left);
    }
    float s[BLOCKS][4];
    fragments.times(s, left, right + t % S::STAGES * S::COLS * D);
    const int r0 = from + t * S::COLS;
    const int base = r0 + lane % 4 * 2;
    const bool whole = LeftIsKeys ? scorer.whole(shift + r0, shift + r0 + S::COLS - 1, l0, l0 + S::ROWS - 1)
                                  : scorer.whole(shift + l0, shift + l0 + S::ROWS - 1, r0, r0 + S::COLS - 1);
#pragma unroll
    for (int n = 0; n < BLOCKS; n++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        const int column = base + n * 8 + i % 2;
        if (whole) {
          s[n][i] *= p.scale * LOG2E;
        } else if (LeftIsKeys) {
          s[n][i] = column < p.queries ? scorer.score(s[n][i], shift + column, l[i / 2]) : HIDDEN;
        } else {
          s[n][i] = l[i / 2] < p.queries ? scorer.score(s[n][i], shift + l[i / 2], column) : HIDDEN;
        }
      }
    }
    use(r0, s, base);
    __syncthreads();
    if (S::STAGES == 1 && t + 1 < tiles) {
      fetch(t + 1);
      commit();
    }
  }
}

// Log-sum-exp of a query in base-2 units; huge for a row without any key, so that every probability is 0.
__device__ __forceinline__ float normaliser(const Params &p, int row, int head, int query) {
  const float lse = p.rows[((size_t)row * p.heads + head) * p.queries + query];
  return lse == -INFINITY ? -HIDDEN : lse * LOG2E;
}

// The mass that each key receives from all queries. A block owns ROWS keys and walks the queries in order.
template <typename T, int D>
__device__ __forceinline__ void receive(const Params &p) {
  using S = Shape<T, D>;
  const int head = blockIdx.y;
  const int row = blockIdx.z;
  const int k0 = blockIdx.x * S::ROWS;
  const Scorer scorer(p, row, head);
  float sum[2] = {0, 0};
  walk<T, D, true>(p, scorer, row, head, k0, [&](int q0, float(&s)[S::COLS / 8][4], int base) {
    float part[2] = {0, 0};
#pragma unroll
    for (int n = 0; n < S::COLS / 8; n++) {
#pragma unroll
      for (int i = 0; i < 2; i++) {
        const int query = base + n * 8 + i;
        // padding gives to itself alone, which nobody reads
        const float lse = query < p.queries ? normaliser(p, row, head, query) : -HIDDEN;
        part[0] += exp2fast(s[n][i] - lse);
        part[1] += exp2fast(s[n][2 + i] - lse);
      }
    }
    sum[0] += part[0];
    sum[1] += part[1];
  });
#pragma unroll
  for (int r = 0; r < 2; r++) {
    sum[r] += __shfl_xor_sync(0xffffffff, sum[r], 1);
    sum[r] += __shfl_xor_sync(0xffffffff, sum[r], 2);
    const int key = k0 + threadIdx.x / 32 * 16 + threadIdx.x % 32 / 4 + 8 * r;
    if (threadIdx.x % 4 == 0 && key < p.keys) {
      static_cast<float *>(p.out)[((size_t)row * p.heads + head) * p.keys + key] = sum[r];
    }
  }
}

// The whole pattern, [batch, head, query, key], in the number format of the queries.
template <typename T, int D>
__device__ __forceinline__ void materialise(const Params &p) {
  using S = Shape<T, D>;
  extern __shared__ __align__(128) unsigned char memory[];
  T *staging = reinterpret_cast<T *>(memory) + (S::ROWS + S::STAGES * S::COLS) * D;  // [ROWS][COLS + pad]
  constexpr int PITCH = S::COLS + S::CHUNK;
  const int lane = threadIdx.x % 32;
  const int head = blockIdx.y;
  const int row = blockIdx.z;
  const int q0 = blockIdx.x * S::ROWS;
  const int mine = threadIdx.x / 32 * 16 + lane / 4;
  const Scorer scorer(p, row, head);
  float lse[2];
#pragma unroll
  for (int r = 0; r < 2; r++) {
    const int query = q0 + mine + 8 * r;
    lse[r] = query < p.queries ? normaliser(p, row, head, query) : -HIDDEN;
  }
  T *out = static_cast<T *>(p.out) + (((size_t)row * p.heads + head) * p.queries + q0) * p.keys;
  int seenFrom;
  int seenTo;
  const int shift = p.keys - p.queries;
  scorer.keyRange(shift + q0, shift + min(q0 + S::ROWS, p.queries) - 1, seenFrom, seenTo);
  seenFrom = seenFrom / S::COLS * S::COLS;
  seenTo = min(p.keys, (seenTo + S::COLS - 1) / S::COLS * S::COLS);
  const int rows = min(S::ROWS, p.queries - q0);
  walk<T, D, false>(p, scorer, row, head, q0, [&](int k0, float(&s)[S::COLS / 8][4], int base) {
#pragma unroll
    for (int n = 0; n < S::COLS / 8; n++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        staging[(mine + i / 2 * 8) * PITCH + base - k0 + n * 8 + i % 2] = T(exp2fast(s[n][i] - lse[i / 2]));
      }
    }
    __syncwarp();  // a warp writes out the rows that are its own
    const int width = min(S::COLS, p.keys - k0);
    const int first = threadIdx.x / 32 * 16;
    if (p.keys % S::CHUNK == 0 && width == S::COLS) {
      constexpr int CHUNKS = S::COLS / S::CHUNK;
      for (int i = lane; i < 16 * CHUNKS; i += 32) {
        const int r = first + i / CHUNKS;
        const int c = i % CHUNKS * S::CHUNK;
        if (r < rows) {
          __stcs(reinterpret_cast<uint4 *>(out + (size_t)r * p.keys + k0 + c),
                 *reinterpret_cast<const uint4 *>(staging + r * PITCH + c));
        }
      }
    } else {
      for (int i = lane; i < 16 * S::COLS; i += 32) {
        const int r = first + i / S::COLS;
        const int c = i % S::COLS;
        if (r < rows && c < width) {
          out[(size_t)r * p.keys + k0 + c] = staging[r * PITCH + c];
        }
      }
    }
    __syncwarp();
  });
  // what no query of the block sees
  for (int r = threadIdx.x / 32; r < rows; r += S::WARPS) {
    T *line = out + (size_t)r * p.keys;
    if (p.keys % S::CHUNK == 0) {
      const uint4 none = {0, 0, 0, 0};
      for (int c = lane * S::CHUNK; c < seenFrom; c += 32 * S::CHUNK) {
        __stcs(reinterpret_cast<uint4 *>(line + c), none);
      }
      for (int c = seenTo + lane * S::CHUNK; c < p.keys; c += 32 * S::CHUNK) {
        __stcs(reinterpret_cast<uint4 *>(line + c), none);
      }
    } else {
      for (int c = lane; c < p.keys; c += 32) {
        if (c < seenFrom || c >= seenTo) {
          line[c] = T(0.0f);
        }
      }
    }
  }
}

constexpr int MOST_TOP = 16;

// Each query's most probable keys, most probable first and the first of equals first: probabilities in out, columns in out2,
// [batch, head, query, top]. The list of a row lives in one lane of its warp. Of a tile, only scores that beat the row's last are handed
// to that lane, which soon are few.
template <typename T, int D>
__device__ __forceinline__ void rank(const Params &p) {
  using S = Shape<T, D>;
  constexpr int BLOCKS = S::COLS / 8;
  extern __shared__ __align__(128) unsigned char memory[];
  float *scores = reinterpret_cast<float *>(reinterpret_cast<T *>(memory) + (S::ROWS + S::STAGES * S::COLS) * D);  // [ROWS][COLS]
  unsigned char *columns = reinterpret_cast<unsigned char *>(scores + S::ROWS * S::COLS);
  const int lane = threadIdx.x % 32;
  const int warp = threadIdx.x / 32 * 16;
  const int head = blockIdx.y;
  const int row = blockIdx.z;
  const int q0 = (gridDim.x - 1 - blockIdx.x) * S::ROWS;
  const Scorer scorer(p, row, head);
  float best[MOST_TOP];
  int keys[MOST_TOP];
#pragma unroll
  for (int i = 0; i < MOST_TOP; i++) {
    best[i] = 0.5f * HIDDEN;  // hidden scores do not get in
    keys[i] = -1;
  }
  float last[2] = {0.5f * HIDDEN, 0.5f * HIDDEN};  // what a score of this thread's rows has to beat
  walk<T, D, false>(p, scorer, row, head, q0, [&](int k0, float(&s)[BLOCKS][4], int base) {
    int count[2] = {0, 0};
#pragma unroll
    for (int n = 0; n < BLOCKS; n++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        count[i / 2] += s[n][i] > last[i / 2];
      }
    }
    if (!__any_sync(0xffffffff, count[0] + count[1] > 0)) {
      return;
    }
    int upTo[2];  // how many the quad's threads have, this one included
#pragma unroll
    for (int r = 0; r < 2; r++) {
      upTo[r] = count[r];
      const int one = __shfl_up_sync(0xffffffff, upTo[r], 1, 4);
      upTo[r] += lane % 4 >= 1 ? one : 0;
      const int two = __shfl_up_sync(0xffffffff, upTo[r], 2, 4);
      upTo[r] += lane % 4 >= 2 ? two : 0;
      int at = (warp + lane / 4 + 8 * r) * S::COLS + upTo[r] - count[r];
#pragma unroll
      for (int n = 0; n < BLOCKS; n++) {
#pragma unroll
        for (int i = 0; i < 2; i++) {
          if (s[n][2 * r + i] > last[r]) {
            scores[at] = s[n][2 * r + i];
            columns[at] = n * 8 + lane % 4 * 2 + i;
            at++;
          }
        }
      }
    }
    const int ofFirst = __shfl_sync(0xffffffff, upTo[0], lane % 8 * 4 + 3);
    const int ofSecond = __shfl_sync(0xffffffff, upTo[1], lane % 8 * 4 + 3);
    const int found = lane < 8 ? ofFirst : lane < 16 ? ofSecond : 0;
    __syncwarp();
    for (int c = 0; c < found; c++) {
      float x = scores[(warp + lane) * S::COLS + c];
      int key = k0 + columns[(warp + lane) * S::COLS + c];
#pragma unroll
      for (int i = 0; i < MOST_TOP; i++) {
        const bool before = x > best[i] || (x == best[i] && key < keys[i]);
        const float b = best[i];
        const int k = keys[i];
        best[i] = before ? x : b;
        keys[i] = before ? key : k;
        x = before ? b : x;
        key = before ? k : key;
      }
    }
    float mine = best[0];
#pragma unroll
    for (int i = 1; i < MOST_TOP; i++) {
      mine = i < p.top ? best[i] : mine;
    }
    last[0] = __shfl_sync(0xffffffff, mine, lane / 4);
    last[1] = __shfl_sync(0xffffffff, mine, lane / 4 + 8);
  });
  const int query = q0 + warp + lane;
  if (lane < 16 && query < p.queries) {
    const float lse = normaliser(p, row, head, query);
    const size_t at = (((size_t)row * p.heads + head) * p.queries + query) * p.top;
#pragma unroll
    for (int i = 0; i < MOST_TOP; i++) {
      if (i < p.top) {
        static_cast<float *>(p.out)[at + i] = keys[i] < 0 ? 0 : exp2fast(best[i] - lse);
        static_cast<int *>(p.out2)[at + i] = keys[i];
      }
    }
  }
}

#define KERNEL(what, name, T, D)                                                                                                \
  extern "C" __global__ void __launch_bounds__(Shape<T, D>::THREADS) what##_##name##_##D(const __grid_constant__ Params p) { \
    what<T, D>(p);                                                                                                              \
  }
#define WIDTHS(what, name, T) KERNEL(what, name, T, 32) KERNEL(what, name, T, 64) KERNEL(what, name, T, 128) KERNEL(what, name, T, 256)
#define KERNELS(name, T) WIDTHS(receive, name, T) WIDTHS(materialise, name, T) WIDTHS(rank, name, T)
KERNELS(bf16, __nv_bfloat16)
KERNELS(f16, __half)
KERNELS(f32, float)

// Attention with its statistics in one pass over the keys (FlashAttention's loop, Dao et al. 2022; the sums: docs/kernels.md), for any
// GPU from compute capability 8.0 on and all number formats. Hopper has its own, attend_hopper.cu. The ladder: docs/kernels.md.
//
// A block owns ROWS queries of a head and walks the keys in order, so every sum has one owner and one order: same input, same bits. Long
// rows of blocks start first (causal). A thread carries its share of each row's sums; the four threads of a row join at the end.
#include "sums.cuh"
#include "tiles.cuh"

template <typename T, int D>
__device__ __forceinline__ void attend(const Params &p) {
  using S = Shape<T, D>;
  constexpr int BLOCKS = S::COLS / 8;
  extern __shared__ __align__(128) unsigned char memory[];
  T *left = reinterpret_cast<T *>(memory);
  T *right = left + S::ROWS * D;  // [stage][keys, values][COLS, D]
  float *scratch = reinterpret_cast<float *>(right + 2 * S::STAGES * S::COLS * D);
  KeyFacts<S::COLS> *facts = reinterpret_cast<KeyFacts<S::COLS> *>(scratch + (S::TENSOR ? 0 : S::ROWS * S::COLS));

  const int lane = threadIdx.x % 32;
  const int head = blockIdx.y;
  const int row = blockIdx.z;
  const int q0 = (gridDim.x - 1 - blockIdx.x) * S::ROWS;
  const int queries = min(S::ROWS, p.queries - q0);
  const int first = p.keys - p.queries + q0;  // column of the block's first query
  const HeadTensors<T> x(p, row, head);
  const Scorer scorer(p, row, head);
  const int mine = threadIdx.x / 32 * 16 + lane / 4;  // a thread's first row in the tile
  RowPair<false, true> rows(p, scorer, row, first + mine);

  int from;
  int to;
  scorer.keyRange(first, first + queries - 1, from, to);
  from = from / S::COLS * S::COLS;
  const int tiles = (to - from + S::COLS - 1) / S::COLS;

  auto fetch = [&](int t) {
    const int at = from + t * S::COLS;
    T *stage = right + t % S::STAGES * 2 * S::COLS * D;
    load<T, D, S::COLS>(stage, x.k + at * x.kStride, x.kStride, p.keys - at, p.d);
    load<T, D, S::COLS>(stage + S::COLS * D, x.v + at * x.kStride, x.kStride, p.keys - at, p.d);
    if (rows.further()) {
      facts[t % S::STAGES].load(p, scorer, row, at);
    }
    commit();
  };

  load<T, D, S::ROWS>(left, x.q + q0 * x.qStride, x.qStride, queries, p.d);
  fetch(0);

  float o[D / 8][4];
#pragma unroll
  for (int n = 0; n < D / 8; n++) {
    o[n][0] = o[n][1] = o[n][2] = o[n][3] = 0;
  }
  Left<T, D> fragments;

  for (int t = 0; t < tiles; t++) {
    if (S::STAGES == 2 && t + 1 < tiles) {
      fetch(t + 1);
      await<1>();
    } else {
      await<0>();
    }
    __syncthreads();
    const T *keys = right + t % S::STAGES * 2 * S::COLS * D;
    if (t == 0) {
      fragments.keep(left);
    }
    float s[BLOCKS][4];
    fragments.times(s, left, keys);

    const int k0 = from + t * S::COLS;
    const int base = k0 + lane % 4 * 2;  // key column of s[0][0]
    const bool whole = scorer.whole(first, first + S::ROWS - 1, k0, k0 + S::COLS - 1);
    rows.score(s, scorer, whole, base);
    float decay[2];
    if (rows.absorb(s, base, decay)) {
#pragma unroll
      for (int n = 0; n < D / 8; n++) {
        o[n][0] *= decay[0];
        o[n][1] *= decay[0];
        o[n][2] *= decay[1];
        o[n][3] *= decay[1];
      }
    }
    if (rows.further()) {
      rows.absorbFurther(p, s, facts[t % S::STAGES], base, whole, first - k0 - S::COLS + 1);
    }
    if (p.z) {
      mix<T, D>(o, s, keys + S::COLS * D, scratch);
    }
    __syncthreads();
    if (S::STAGES == 1 && t + 1 < tiles) {
      fetch(t + 1);
    }
  }
  float scale[2];
  rows.write(p, scorer, row, head, q0 + mine, scale);
  if (p.z) {
    writeOutput<T, D, S::ROWS, S::THREADS>(p, o, scale, left, q0, row, head);
  }
}

#define KERNEL(name, T, D)                                                                                                       \
  extern "C" __global__ void __launch_bounds__(Shape<T, D>::THREADS) attend_##name##_##D(const __grid_constant__ Params p) { \
    attend<T, D>(p);                                                                                                             \
  }
#define KERNELS(name, T) KERNEL(name, T, 32) KERNEL(name, T, 64) KERNEL(name, T, 128) KERNEL(name, T, 256)
KERNELS(bf16, __nv_bfloat16)
KERNELS(f16, __half)
KERNELS(f32, float)

// attend.cu's loop on Hopper's asynchronous tensor cores (compute capability 9.0, 16-bit formats, d_head up to 128). The ladder:
// docs/kernels.md.
//
// Two warpgroups of 64 queries each walk the same keys. While a tile's exponentials are summed, the tensor cores already mix the values of
// the tile before and multiply the keys of the next: the order of FlashAttention-3's loop (Shah et al. 2024), with its loads by cp.async.
#include "sums.cuh"
#include "tiles.cuh"
#include "wgmma.cuh"

namespace hopper {
constexpr int ROWS = 128;
constexpr int THREADS = 256;

// Starts to load rows of 128-byte panels; rows and columns beyond are zeros. A thread's chunks all lie in one column of chunks and STEP
// rows apart, which leaves their place in the swizzle as it is.
template <typename T, int D, int TILE>
__device__ __forceinline__ void panels(T *tile, const T *from, size_t stride, int valid, int d) {
  constexpr int CHUNKS = D / 8;
  constexpr int STEP = THREADS / CHUNKS;
  auto place = [](int row, int chunk) { return (chunk / 8 * TILE + row) * 64 + (chunk % 8 ^ row % 8) * 8; };
  if (d % 8 == 0) {
    const int chunk = threadIdx.x % CHUNKS;
    const int row = threadIdx.x / CHUNKS;
    const unsigned to = shared(tile + place(row, chunk));
    const T *source = from + row * stride + chunk * 8;
    const int rows = chunk * 8 < d ? valid - row : 0;
    if (rows > TILE - STEP) {
#pragma unroll
      for (int i = 0; i < TILE / STEP; i++) {
        asm volatile("cp.async.cg.shared.global [%0], [%1], 16;\n" ::"r"(to + i * STEP * 128), "l"(source + i * STEP * stride));
      }
    } else {
#pragma unroll
      for (int i = 0; i < TILE / STEP; i++) {
        const bool real = i * STEP < rows;
        copy16(tile + place(row, chunk) + i * STEP * 64, real ? source + i * STEP * stride : from, real);
      }
    }
  } else {
    for (int i = threadIdx.x; i < TILE * D; i += THREADS) {
      const int row = i / D;
      const int col = i % D;
      tile[place(row, col / 8) + col % 8] = row < valid && col < d ? from[row * stride + col] : T(0.0f);
    }
  }
}

template <typename T, int D, int COLS, bool PLAIN, bool MORE>
__device__ __forceinline__ void attend(const Params &p) {
  constexpr int BLOCKS = COLS / 8;
  extern __shared__ __align__(1024) unsigned char memory[];
  T *left = reinterpret_cast<T *>(memory);  // [panel][ROWS][64]
  T *keys = left + ROWS * D;                // [stage][panel][COLS][64]
  T *values = keys + 2 * COLS * D;          // likewise
  KeyFacts<COLS> *facts = reinterpret_cast<KeyFacts<COLS> *>(values + 2 * COLS * D);

  const int lane = threadIdx.x % 32;
  const int head = blockIdx.y;
  const int row = blockIdx.z;
  const int q0 = (gridDim.x - 1 - blockIdx.x) * ROWS;
  const int queries = min(ROWS, p.queries - q0);
  const int first = p.keys - p.queries + q0;
  const HeadTensors<T> x(p, row, head);
  const Scorer scorer(p, row, head);
  const int mine = threadIdx.x / 32 * 16 + lane / 4;
  RowPair<PLAIN, MORE> rows(p, scorer, row, first + mine);

  int from;
  int to;
  scorer.keyRange(first, first + queries - 1, from, to);
  from = from / COLS * COLS;
  const int tiles = (to - from + COLS - 1) / COLS;

  auto fetchKeys = [&](int t) {
    const int at = from + t * COLS;
    panels<T, D, COLS>(keys + t % 2 * COLS * D, x.k + at * x.kStride, x.kStride, p.keys - at, p.d);
    if (rows.further()) {
      facts[t % 2].load(p, scorer, row, at);
    }
  };
  auto fetchValues = [&](int t) {
    const int at = from + t * COLS;
    panels<T, D, COLS>(values + t % 2 * COLS * D, x.v + at * x.kStride, x.kStride, p.keys - at, p.d);
  };

  float o[D / 8][4];
#pragma unroll
  for (int n = 0; n < D / 8; n++) {
    o[n][0] = o[n][1] = o[n][2] = o[n][3] = 0;
  }
  float s[BLOCKS][4];
  unsigned mixed[COLS / 16][4];  // a tile's exponentials, as the left side of the product with the values
  T *const kind = nullptr;

  auto multiplyKeys = [&](int t) {
    const T *tile = keys + t % 2 * COLS * D;
    hold(s);
    warpgroupFence();
#pragma unroll
    for (int i = 0; i < D / 16; i++) {
      const uint64_t a = rowsOf(left + (i / 4 * ROWS + threadIdx.x / 128 * 64) * 64) + i % 4 * 2;
      wgmmaShared(s, a, rowsOf(tile + i / 4 * COLS * 64) + i % 4 * 2, i > 0, kind);
    }
    warpgroupCommit();
  };
  auto mixValues = [&](int t) {
    const T *tile = values + t % 2 * COLS * D;
    hold(o);
    warpgroupFence();
#pragma unroll
    for (int i = 0; i < COLS / 16; i++) {
      wgmmaRegisters(o, mixed[i], columnsOf(tile + i * 16 * 64, COLS * 128), kind);
    }
    warpgroupCommit();
  };
  auto pack2 = [&]() {
#pragma unroll
    for (int i = 0; i < COLS / 16; i++) {
      mixed[i][0] = pack<T>(s[2 * i][0], s[2 * i][1]);
      mixed[i][1] = pack<T>(s[2 * i][2], s[2 * i][3]);
      mixed[i][2] = pack<T>(s[2 * i + 1][0], s[2 * i + 1][1]);
      mixed[i][3] = pack<T>(s[2 * i + 1][2], s[2 * i + 1][3]);
    }
  };
  // Scores of a tile to exponentials and sums.
  auto absorb = [&](int t, float(&decay)[2]) {
    const int k0 = from + t * COLS;
    const int base = k0 + lane % 4 * 2;
    const bool whole = scorer.whole(first, first + ROWS - 1, k0, k0 + COLS - 1);
    rows.score(s, scorer, whole, base);
    const bool any = rows.absorb(s, base, decay);
    if (rows.further()) {
      rows.absorbFurther(p, s, facts[t % 2], base, whole, first - k0 - COLS + 1);
    }
    return any;
  };

  panels<T, D, ROWS>(left, x.q + q0 * x.qStride, x.qStride, queries, p.d);
  fetchKeys(0);
  commit();
  fetchValues(0);
  if (tiles > 1) {
    fetchKeys(1);
  }
  commit();
  await<1>();
  fenceAsync();
  __syncthreads();
  float decay[2];
  multiplyKeys(0);
  warpgroupAwait<0>();
  hold(s);
  absorb(0, decay);
  pack2();
  for (int t = 0; t < tiles; t++) {
    await<0>();
    fenceAsync();
    __syncthreads();  // keys t + 1 and values t are there; nobody reads keys t or values t - 1 any more
    if (t + 2 < tiles) {
      fetchKeys(t + 2);
    }
    if (t + 1 < tiles) {
      fetchValues(t + 1);
      commit();
      multiplyKeys(t + 1);
      if (p.z) {
        mixValues(t);
        warpgroupAwait<1>();
      } else {
        warpgroupAwait<0>();
      }
      hold(s);
      const bool any = absorb(t + 1, decay);
      warpgroupAwait<0>();
      hold(o);
      if (any) {
#pragma unroll
        for (int n = 0; n < D / 8; n++) {
          o[n][0] *= decay[0];
          o[n][1] *= decay[0];
          o[n][2] *= decay[1];
          o[n][3] *= decay[1];
        }
      }
      pack2();
    } else if (p.z) {
      mixValues(t);
      warpgroupAwait<0>();
      hold(o);
    }
  }
  float scale[2];
  rows.write(p, scorer, row, head, q0 + mine, scale);
  if (p.z) {
    __syncthreads();
    writeOutput<T, D, ROWS, THREADS>(p, o, scale, left, q0, row, head);
  }
}
}  // namespace hopper

#define KERNEL(name, plain, more, T, D)                                                                                  \
  extern "C" __global__ void __launch_bounds__(hopper::THREADS, 1) name##_##D(const __grid_constant__ Params p) { \
    hopper::attend<T, D, 128, plain, more>(p);                                                                          \
  }
#define KERNELS(name, T)                                                                            \
  KERNEL(hopper_##name, false, true, T, 64) KERNEL(hopper_##name, false, true, T, 128)              \
  KERNEL(plain_##name, true, false, T, 64) KERNEL(plain_##name, true, false, T, 128)                \
  KERNEL(sums_##name, true, true, T, 64) KERNEL(sums_##name, true, true, T, 128)
KERNELS(bf16, __nv_bfloat16)
KERNELS(f16, __half)

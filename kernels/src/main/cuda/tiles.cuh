// Tiles in shared memory and their products, in one register layout for all number formats.
//
// A warp owns 16 rows of the left tile. A thread holds two of them, lane / 4 and lane / 4 + 8, and of each n8 block of columns the two
// at 2 (lane % 4): the layout of mma.m16n8k16's accumulator. float32 computes the same layout with multiply-adds, so that everything
// behind a product is written once.
#pragma once
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "params.cuh"

template <typename T, int D>
struct Shape {
  static constexpr bool TENSOR = sizeof(T) == 2;
  static constexpr int WARPS = TENSOR ? (D > 128 ? 4 : 8) : (D > 128 ? 2 : 4);
  static constexpr int ROWS = 16 * WARPS;                                  // left tile: rows that a block owns
  static constexpr int COLS = TENSOR ? (D > 128 ? 32 : 64) : (D > 128 ? 16 : 32);  // right tile
  static constexpr int STAGES = TENSOR ? 2 : 1;
  static constexpr int THREADS = 32 * WARPS;
  static constexpr int CHUNK = 16 / sizeof(T);  // elements in 16 bytes
  static constexpr int CHUNKS = D / CHUNK;      // in a row of a tile
  static constexpr bool KEEP = TENSOR && D <= 128;  // the left tile's fragments stay in registers
};

// Where a 16-byte chunk of a row lies, in elements: neighbouring rows start at different banks.
template <typename T, int D>
__device__ __forceinline__ int place(int row, int chunk) {
  constexpr int CHUNKS = Shape<T, D>::CHUNKS;
  constexpr int MASK = (CHUNKS < 8 ? CHUNKS : 8) - 1;
  constexpr int SHIFT = CHUNKS >= 8 ? 0 : (CHUNKS == 4 ? 1 : 2);
  return (row * CHUNKS + (chunk ^ ((row >> SHIFT) & MASK))) * Shape<T, D>::CHUNK;
}

__device__ __forceinline__ unsigned shared(const void *p) {
  return static_cast<unsigned>(__cvta_generic_to_shared(p));
}

__device__ __forceinline__ void copy16(void *to, const void *from, bool real) {
  int bytes = real ? 16 : 0;  // the rest is filled with zeros
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;\n" ::"r"(shared(to)), "l"(from), "r"(bytes));
}

__device__ __forceinline__ void commit() { asm volatile("cp.async.commit_group;\n" ::); }

template <int N>
__device__ __forceinline__ void await() {
  asm volatile("cp.async.wait_group %0;\n" ::"n"(N));
}

// Starts to load `valid` rows of a matrix whose rows are `stride` elements apart; rows and columns beyond are zeros.
template <typename T, int D, int TILE>
__device__ __forceinline__ void load(T *tile, const T *from, size_t stride, int valid, int d) {
  using S = Shape<T, D>;
  if (d % S::CHUNK == 0) {
#pragma unroll
    for (int i = threadIdx.x; i < TILE * S::CHUNKS; i += S::THREADS) {
      int row = i / S::CHUNKS;
      int chunk = i % S::CHUNKS;
      bool real = row < valid && chunk * S::CHUNK < d;
      copy16(tile + place<T, D>(row, chunk), real ? from + row * stride + chunk * S::CHUNK : from, real);
    }
  } else {
    for (int i = threadIdx.x; i < TILE * D; i += S::THREADS) {
      int row = i / D;
      int col = i % D;
      bool real = row < valid && col < d;
      tile[place<T, D>(row, col / S::CHUNK) + col % S::CHUNK] = real ? from[row * stride + col] : T(0.0f);
    }
  }
}

__device__ __forceinline__ void ldmatrix(unsigned (&r)[4], const void *at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared(at)));
}

__device__ __forceinline__ void ldmatrixTransposed(unsigned (&r)[4], const void *at) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];\n"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(shared(at)));
}

template <typename T>
__device__ __forceinline__ void mma(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1);

template <>
__device__ __forceinline__ void mma<__nv_bfloat16>(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

template <>
__device__ __forceinline__ void mma<__half>(float (&c)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};\n"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

template <typename T>
__device__ __forceinline__ unsigned pack(float low, float high);

template <>
__device__ __forceinline__ unsigned pack<__nv_bfloat16>(float low, float high) {
  __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return reinterpret_cast<unsigned &>(pair);
}

template <>
__device__ __forceinline__ unsigned pack<__half>(float low, float high) {
  __half2 pair = __floats2half2_rn(low, high);
  return reinterpret_cast<unsigned &>(pair);
}

// Queries, keys and values of one head in one row of the batch, and how far apart their rows are.
template <typename T>
struct HeadTensors {
  const T *q;
  const T *k;
  const T *v;
  size_t qStride;
  size_t kStride;  // of values too

  __device__ __forceinline__ HeadTensors(const Params &p, int row, int head) {
    qStride = (size_t)p.heads * p.d;
    kStride = (size_t)(p.heads / p.group) * p.d;
    q = static_cast<const T *>(p.q) + (size_t)row * p.queries * qStride + (size_t)head * p.d;
    const size_t keys = (size_t)row * p.keys * kStride + (size_t)(head / p.group) * p.d;
    k = static_cast<const T *>(p.k) + keys;
    v = static_cast<const T *>(p.v) + keys;
  }
};

// The left tile's part of a warp.
template <typename T, int D>
struct Left {
  unsigned kept[Shape<T, D>::KEEP ? D / 16 : 1][4];

  __device__ __forceinline__ void fragment(unsigned (&a)[4], const T *tile, int k) {
    int lane = threadIdx.x % 32;
    ldmatrix(a, tile + place<T, D>(threadIdx.x / 32 * 16 + lane % 16, 2 * k + lane / 16));
  }

  __device__ __forceinline__ void keep(const T *tile) {
    if constexpr (Shape<T, D>::KEEP) {
#pragma unroll
      for (int k = 0; k < D / 16; k++) {
        fragment(kept[k], tile, k);
      }
    }
  }

  // s[block][4] = left x right^T
  __device__ __forceinline__ void times(float (&s)[Shape<T, D>::COLS / 8][4], const T *left, const T *right) {
    using S = Shape<T, D>;
    constexpr int BLOCKS = S::COLS / 8;
    int lane = threadIdx.x % 32;
#pragma unroll
    for (int n = 0; n < BLOCKS; n++) {
      s[n][0] = s[n][1] = s[n][2] = s[n][3] = 0;
    }
    if constexpr (S::TENSOR) {
#pragma unroll
      for (int k = 0; k < D / 16; k++) {
        unsigned fresh[4];
        if constexpr (!S::KEEP) {
          fragment(fresh, left, k);
        }
        unsigned(&a)[4] = S::KEEP ? kept[S::KEEP ? k : 0] : fresh;
#pragma unroll
        for (int n = 0; n < BLOCKS; n += 2) {
          unsigned b[4];
          ldmatrix(b, right + place<T, D>(n * 8 + lane % 8 + lane / 16 * 8, 2 * k + lane / 8 % 2));
          mma<T>(s[n], a, b[0], b[1]);
          mma<T>(s[n + 1], a, b[2], b[3]);
        }
      }
    } else {
      int row = threadIdx.x / 32 * 16 + lane / 4;
#pragma unroll 2
      for (int c = 0; c < S::CHUNKS; c++) {
        float4 a0 = *reinterpret_cast<const float4 *>(left + place<T, D>(row, c));
        float4 a1 = *reinterpret_cast<const float4 *>(left + place<T, D>(row + 8, c));
#pragma unroll
        for (int n = 0; n < BLOCKS; n++) {
#pragma unroll
          for (int i = 0; i < 2; i++) {
            float4 b = *reinterpret_cast<const float4 *>(right + place<T, D>(n * 8 + lane % 4 * 2 + i, c));
            // four at a time, so that the large sum is rounded once for four terms
            s[n][i] += fmaf(a0.x, b.x, fmaf(a0.y, b.y, fmaf(a0.z, b.z, a0.w * b.w)));
            s[n][2 + i] += fmaf(a1.x, b.x, fmaf(a1.y, b.y, fmaf(a1.z, b.z, a1.w * b.w)));
          }
        }
      }
    }
  }
};

// o[block][4] += p x right, with p in the layout of a product; float32 passes it through `scratch`, [16, COLS] for each warp.
template <typename T, int D>
__device__ __forceinline__ void mix(float (&o)[D / 8][4], const float (&p)[Shape<T, D>::COLS / 8][4], const T *right,
                                    float *scratch) {
  using S = Shape<T, D>;
  int lane = threadIdx.x % 32;
  if constexpr (S::TENSOR) {
#pragma unroll
    for (int k = 0; k < S::COLS / 16; k++) {
      unsigned a[4] = {pack<T>(p[2 * k][0], p[2 * k][1]), pack<T>(p[2 * k][2], p[2 * k][3]),
                       pack<T>(p[2 * k + 1][0], p[2 * k + 1][1]), pack<T>(p[2 * k + 1][2], p[2 * k + 1][3])};
#pragma unroll
      for (int n = 0; n < D / 8; n += 2) {
        unsigned b[4];
        ldmatrixTransposed(b, right + place<T, D>(k * 16 + lane % 16, n + lane / 16));
        mma<T>(o[n], a, b[0], b[1]);
        mma<T>(o[n + 1], a, b[2], b[3]);
      }
    }
  } else {
    float *mine = scratch + threadIdx.x / 32 * 16 * S::COLS;
    __syncwarp();
#pragma unroll
    for (int n = 0; n < S::COLS / 8; n++) {
#pragma unroll
      for (int i = 0; i < 4; i++) {
        mine[(lane / 4 + i / 2 * 8) * S::COLS + n * 8 + lane % 4 * 2 + i % 2] = p[n][i];
      }
    }
    __syncwarp();
    for (int j = 0; j < S::COLS; j++) {
      float p0 = mine[lane / 4 * S::COLS + j];
      float p1 = mine[(lane / 4 + 8) * S::COLS + j];
#pragma unroll
      for (int n = 0; n < D / 8; n++) {
        int col = n * 8 + lane % 4 * 2;
        float2 b = *reinterpret_cast<const float2 *>(right + place<T, D>(j, col / 4) + col % 4);
        o[n][0] = fmaf(p0, b.x, o[n][0]);
        o[n][1] = fmaf(p0, b.y, o[n][1]);
        o[n][2] = fmaf(p1, b.x, o[n][2]);
        o[n][3] = fmaf(p1, b.y, o[n][3]);
      }
    }
  }
}

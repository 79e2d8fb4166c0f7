// Small kernels beside the passes over all keys: the mass on one key of each query, whole rows of the pattern, means over queries, and the
// search for numbers that are not finite.
#include <climits>

#include "scores.cuh"
#include "tiles.cuh"

__device__ __forceinline__ float wide(float x) { return x; }
__device__ __forceinline__ float wide(__half x) { return __half2float(x); }
__device__ __forceinline__ float wide(__nv_bfloat16 x) { return __bfloat162float(x); }

// One product by 16 lanes, with the order of its sums fixed; each of them gets it.
template <typename T>
__device__ __forceinline__ float dot(const T *a, const T *b, int d) {
  constexpr int CHUNK = 16 / sizeof(T);
  const int lane = threadIdx.x % 16;
  float sum = 0;
  if (d % CHUNK == 0) {
    for (int i = lane * CHUNK; i < d; i += 16 * CHUNK) {
      const uint4 left = *reinterpret_cast<const uint4 *>(a + i);
      const uint4 right = *reinterpret_cast<const uint4 *>(b + i);
#pragma unroll
      for (int j = 0; j < CHUNK; j++) {
        sum = fmaf(wide(reinterpret_cast<const T *>(&left)[j]), wide(reinterpret_cast<const T *>(&right)[j]), sum);
      }
    }
  } else {
    for (int i = lane; i < d; i += 16) {
      sum = fmaf(wide(a[i]), wide(b[i]), sum);
    }
  }
#pragma unroll
  for (int step = 8; step > 0; step /= 2) {
    sum += __shfl_xor_sync(0xffffffff, sum, step, 16);
  }
  return sum;
}

template <typename T>
__device__ __forceinline__ float probability(const Params &p, const Scorer &scorer, int row, int head, int query, int key, float lse) {
  const HeadTensors<T> x(p, row, head);
  const float s = scorer.score(dot(x.q + query * x.qStride, x.k + key * x.kStride, p.d), p.keys - p.queries + query, key);
  return lse == -INFINITY || s <= 0.5f * HIDDEN ? 0 : exp2fast(s - lse * LOG2E);
}

// The mass on one key for each query; NaN where there is none. 16 lanes for each query; blockIdx: query block, head, batch x target.
template <typename T>
__device__ __forceinline__ void pick(const Params &p) {
  const int asked = blockIdx.x * (blockDim.x / 16) + threadIdx.x / 16;
  const int query = min(asked, p.queries - 1);  // all lanes of a warp take part in its sums
  const int head = blockIdx.y;
  const int row = blockIdx.z % p.batch;
  const int target = blockIdx.z / p.batch;
  const Scorer scorer(p, row, head);
  const int key = p.targets[((size_t)target * p.batch + row) * p.queries + query];
  const size_t at = ((size_t)row * p.heads + head) * p.queries + query;
  const float mass = probability<T>(p, scorer, row, head, query, max(key, 0), p.rows[at]);
  if (threadIdx.x % 16 == 0 && asked < p.queries) {
    p.rows[(TARGETS + target) * (size_t)p.batch * p.heads * p.queries + at] = key < 0 ? NAN : mass;
  }
}

// Whole rows of the pattern. targets: [i] = (row * heads + head) * queries + query, targetCount of them; out: [i, key] of float32.
template <typename T>
__device__ __forceinline__ void line(const Params &p) {
  const int at = p.targets[blockIdx.y];
  const int query = at % p.queries;
  const int head = at / p.queries % p.heads;
  const int row = at / p.queries / p.heads;
  const int asked = blockIdx.x * (blockDim.x / 16) + threadIdx.x / 16;
  const int key = min(asked, p.keys - 1);
  const Scorer scorer(p, row, head);
  const float mass = probability<T>(p, scorer, row, head, query, key, p.rows[at]);
  if (threadIdx.x % 16 == 0 && asked < p.keys) {
    static_cast<float *>(p.out)[(size_t)blockIdx.y * p.keys + key] = mass;
  }
}

#define KERNELS(name, T)                                                                    \
  extern "C" __global__ void pick_##name(const __grid_constant__ Params p) { pick<T>(p); } \
  extern "C" __global__ void line_##name(const __grid_constant__ Params p) { line<T>(p); }
KERNELS(bf16, __nv_bfloat16)
KERNELS(f16, __half)
KERNELS(f32, float)

// The mean of a slot over the queries that are no padding and for which it is finite; out: [slot, batch, head] of float64, NaN if there
// is none. blockIdx: batch x head, slot. One block of 256, whose sums join in a fixed order.
extern "C" __global__ void average(const __grid_constant__ Params p) {
  __shared__ double sums[256];
  __shared__ int counts[256];
  const int head = blockIdx.x;
  const int slot = blockIdx.y;
  const int row = head / p.heads;
  const float *values = p.rows + ((size_t)slot * p.batch * p.heads + head) * p.queries;
  double sum = 0;
  int count = 0;
  for (int query = threadIdx.x; query < p.queries; query += 256) {
    const int column = p.keys - p.queries + query;
    const int *positions = p.positions ? p.positions + (size_t)row * p.keys : nullptr;
    if (positions && positions[column] < 0) {
      continue;
    }
    float value = values[query];
    if (slot == LARGEST_KEY) {
      const int key = __float_as_int(value);
      value = key < 0 ? NAN : (float)(positions ? positions[key] : key);
    }
    if (isfinite(value)) {
      sum += value;
      count++;
    }
  }
  sums[threadIdx.x] = sum;
  counts[threadIdx.x] = count;
  for (int half = 128; half > 0; half /= 2) {
    __syncthreads();
    if (threadIdx.x < half) {
      sums[threadIdx.x] += sums[threadIdx.x + half];
      counts[threadIdx.x] += counts[threadIdx.x + half];
    }
  }
  if (threadIdx.x == 0) {
    static_cast<double *>(p.out)[(size_t)slot * p.batch * p.heads + head] = counts[0] > 0 ? sums[0] / counts[0] : NAN;
  }
}

// The first number that is not finite: *found is the least index, or stays as it was. Integers only, so atomics keep the order.
template <typename T>
__device__ __forceinline__ void notFinite(const T *x, unsigned long long count, unsigned long long *found) {
  const unsigned long long stride = (unsigned long long)gridDim.x * blockDim.x;
  for (unsigned long long i = (unsigned long long)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += stride) {
    if (!isfinite(wide(x[i]))) {
      atomicMin(found, i);
    }
  }
}

extern "C" __global__ void finite_bf16(const __nv_bfloat16 *x, unsigned long long count, unsigned long long *found) {
  notFinite(x, count, found);
}
extern "C" __global__ void finite_f16(const __half *x, unsigned long long count, unsigned long long *found) {
  notFinite(x, count, found);
}
extern "C" __global__ void finite_f32(const float *x, unsigned long long count, unsigned long long *found) {
  notFinite(x, count, found);
}

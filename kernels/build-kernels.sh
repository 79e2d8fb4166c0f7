#!/bin/sh
# Compiles the CUDA sources with nvcc (13.0; no GPU needed).
#   ./build-kernels.sh [folder] [sm_80 | sm_90]   cubins for src/bench/attention.py (default: target/cuda, sm_90)
#   ./build-kernels.sh ship                       cubins and PTX that the module ships, packed with xz, and the sources' checksums
# attend_hopper.cu exists for compute capability 9.0 only; PTX is for what comes after that, and is compiled by the driver.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cuda=$here/src/main/cuda

cubins() { # folder, architecture
  mkdir -p "$1"
  for name in attend revisit rows; do
    nvcc -std=c++17 -O3 -gencode="arch=compute_${2#sm_},code=$2" -cubin -o "$1/$name.cubin" "$cuda/$name.cu"
  done
  if [ "$2" = sm_90 ]; then
    nvcc -std=c++17 -O3 -gencode=arch=compute_90a,code=sm_90a -cubin -o "$1/attend_hopper.cubin" "$cuda/attend_hopper.cu"
  fi
}

if [ "${1:-}" != ship ]; then
  cubins "${1:-$here/target/cuda}" "${2:-sm_90}"
  exit
fi

out=$here/src/main/resources/io/loupe/kernels/attention
rm -rf "$out"
cubins "$out/sm_80" sm_80
cubins "$out/sm_90" sm_90
mkdir -p "$out/compute_80"
for name in attend revisit rows; do
  nvcc -std=c++17 -O3 -arch=compute_80 -ptx -o "$out/compute_80/$name.ptx" "$cuda/$name.cu"
done
find "$out" -type f -exec xz -9e {} +
cd "$cuda"
sha256sum -- *.cu *.cuh >"$out/sources.sha256"

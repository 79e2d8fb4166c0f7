#!/bin/sh
# Compiles the CUDA sources with nvcc (13.0; no GPU needed): ./build-kernels.sh [folder] [sm_80 | sm_90]
# The folder (default target/cuda) then holds what src/bench/attention.py loads. attend_hopper.cu exists for compute capability 9.0 only.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/target/cuda}
arch=${2:-sm_90}
mkdir -p "$out"
for name in attend revisit rows; do
  nvcc -std=c++17 -O3 -gencode="arch=compute_${arch#sm_},code=$arch" -cubin -o "$out/$name.cubin" "$here/src/main/cuda/$name.cu"
done
if [ "$arch" = sm_90 ]; then
  nvcc -std=c++17 -O3 -gencode=arch=compute_90a,code=sm_90a -cubin -o "$out/attend_hopper.cubin" "$here/src/main/cuda/attend_hopper.cu"
fi

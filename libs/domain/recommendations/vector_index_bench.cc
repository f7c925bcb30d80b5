// The exact scan beside the same in float and beside a bare read of as many bytes.
#include <benchmark/benchmark.h>

#include <cstring>

#include "libs/base/random.h"
#include "libs/domain/recommendations/vector_index.h"

namespace kontor::recommendations {
namespace {

constexpr size_t kItems = 100'000;

std::vector<float> Normal(size_t size, uint64_t seed) {
  base::Random random(seed);
  std::vector<float> out(size);
  for (float& number : out) number = static_cast<float>(random.Normal());
  return out;
}

void Top100(benchmark::State& state) {
  const auto dimensions = static_cast<size_t>(state.range(0));
  const auto kernel = static_cast<ScanKernel>(state.range(1));
  if (!Runs(kernel)) return state.SkipWithError("not on this processor");
  const VectorIndex index(Normal(kItems * dimensions, 1), {}, dimensions);
  const std::vector<float> queries = Normal(64 * dimensions, 2);
  size_t next = 0;
  for (auto _ : state) {
    const auto query = absl::MakeConstSpan(queries).subspan(next++ % 64 * dimensions, dimensions);
    benchmark::DoNotOptimize(index.Top(query, 100, {}, kernel));
  }
}
BENCHMARK(Top100)->ArgsProduct({{64, 128}, {0, 1, 2}})->Unit(benchmark::kMicrosecond);

void Top100OfATenth(benchmark::State& state) {
  const VectorIndex index(Normal(kItems * 64, 1), {}, 64);
  const std::vector<float> query = Normal(64, 2);
  std::vector<uint64_t> allowed((kItems + 63) / 64, 0);
  for (size_t word = 0; word < allowed.size(); word += 10) allowed[word] = ~uint64_t{0};
  for (auto _ : state) benchmark::DoNotOptimize(index.Top(query, 100, {true, allowed}));
}
BENCHMARK(Top100OfATenth)->Unit(benchmark::kMicrosecond);

void FloatScan(benchmark::State& state) {
  const VectorIndex index(Normal(kItems * 64, 1), {}, 64);
  const std::vector<float> query = Normal(64, 2);
  for (auto _ : state) {
    float best = 0;
    for (ItemId item = 0; item < kItems; ++item) best = std::max(best, index.Score(query, item));
    benchmark::DoNotOptimize(best);
  }
}
BENCHMARK(FloatScan)->Unit(benchmark::kMicrosecond);

void BareRead(benchmark::State& state) {
  const std::vector<uint64_t> bytes(kItems * 64 * 3 / 4 / sizeof(uint64_t), 1);
  for (auto _ : state) {
    uint64_t sums[8] = {};
    for (size_t i = 0; i < bytes.size(); i += 8) {
      for (size_t j = 0; j < 8; ++j) sums[j] += bytes[i + j];
    }
    benchmark::DoNotOptimize(sums);
  }
}
BENCHMARK(BareRead)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace kontor::recommendations

BENCHMARK_MAIN();

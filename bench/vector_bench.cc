#include <algorithm>
#include <ctime>
#include <iostream>

#include "absl/strings/str_format.h"
#include "bench/als_bench.h"
#include "libs/base/random.h"
#include "libs/domain/recommendations/vector_index.h"

namespace kontor::bench {
namespace {

using recommendations::ItemId;
using recommendations::VectorIndex;

constexpr size_t kItems = 100'000, kDimensions = 64;

std::vector<float> Normal(size_t size, uint64_t seed) {
  base::Random random(seed);
  std::vector<float> out(size);
  for (float& number : out) number = static_cast<float>(random.Normal());
  return out;
}

double ThreadCpuMs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

// The median CPU milliseconds of a call.
template <typename F>
double Median(int runs, F call) {
  std::vector<double> times;
  for (int run = 0; run < runs; ++run) {
    const double start = ThreadCpuMs();
    call(run);
    times.push_back(ThreadCpuMs() - start);
  }
  std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
  return times[static_cast<size_t>(runs / 2)];
}

}  // namespace

void RunVectorScan(std::vector<Figure>& figures) {
  const VectorIndex index(Normal(kItems * kDimensions, 1), {}, kDimensions);
  const std::vector<float> queries = Normal(64 * kDimensions, 2);
  const auto query = [&](int run) {
    return absl::MakeConstSpan(queries).subspan(static_cast<size_t>(run % 64) * kDimensions, kDimensions);
  };
  volatile float sink = 0;
  const auto scan = [&](size_t best) {
    return Median(1'000, [&](int run) { sink = index.Top(query(run), best, {}).front().score; });
  };
  const double ten = scan(10), hundred = scan(100);
  const double in_float = Median(200, [&](int run) {
    float best = 0;
    for (ItemId item = 0; item < kItems; ++item) best = std::max(best, index.Score(query(run), item));
    sink = best;
  });
  const std::vector<uint64_t> bytes(kItems * kDimensions * 3 / 4 / sizeof(uint64_t), 1);
  const double read = Median(1'000, [&](int) {
    uint64_t sums[8] = {};
    for (size_t i = 0; i < bytes.size(); i += 8) {
      for (size_t j = 0; j < 8; ++j) sums[j] += bytes[i + j];
    }
    sink = static_cast<float>(sums[0] + sums[3] + sums[7]);
  });
  const std::string note = "items in 6 bits multiplied as 8, rescored in float; median CPU; aim: below";
  figures.push_back({"int8_scan_ms/100k_x_64", ten, "ms", 0.2, "exact 10 best; " + note});
  figures.push_back({"int8_scan_ms/100k_x_64_best_100", hundred, "ms", 0.2, "exact 100 best; " + note});
  figures.push_back({"float_scan_ms/100k_x_64", in_float, "ms", {}, "median CPU"});
  figures.push_back({"memory_read_ms/100k_x_64", read, "ms", {}, "a bare read of the packed items: the ceiling"});
  std::cout << absl::StrFormat(
                   "  100,000 x 64: exact 10 best %.3f ms, 100 best %.3f ms, in float %.3f ms, bare read %.3f ms\n",
                   ten, hundred, in_float, read)
            << std::flush;
}

}  // namespace kontor::bench

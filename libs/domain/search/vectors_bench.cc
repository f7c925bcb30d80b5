#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "libs/base/random.h"
#include "libs/domain/search/vectors.h"

// vectors_bench [rows] [threads]: made-up vectors of 384 numbers in clusters, as embedded titles lie; how long the
// graph takes to build, what it finds of a scan's ten best, and the time of both.
namespace kontor::search {
namespace {

using Clock = std::chrono::steady_clock;

double Seconds(Clock::time_point since) { return std::chrono::duration<double>(Clock::now() - since).count(); }

// A product line of a category, its own share, to length 1.
std::vector<float> MadeUp(base::Random& random, uint64_t lines) {
  const uint64_t line = random.Below(lines);
  base::Random category(line % 500), own(1'000 + line);
  std::vector<float> out(384);
  double length = 0;
  for (float& value : out) {
    value = static_cast<float>(category.Normal() + 0.7 * own.Normal() + 0.5 * random.Normal());
    length += value * value;
  }
  for (float& value : out) value = static_cast<float>(value / std::sqrt(length));
  return out;
}

double MeanRecall(const VectorIndex& index, const std::vector<std::vector<float>>& queries) {
  double recall = 0;
  for (const auto& query : queries) {
    const auto found = *index.Nearest(query, 10), exact = *index.NearestExact(query, 10);
    std::set<uint32_t> rows;
    for (const VectorHit& hit : exact) rows.insert(hit.row);
    for (const VectorHit& hit : found) recall += static_cast<double>(rows.count(hit.row));
  }
  return recall / 10 / static_cast<double>(queries.size());
}

int Run(uint32_t rows, int threads) {
  auto index = *VectorIndex::Create({.exact_below = 1});
  base::Random random(1);
  Clock::time_point begin = Clock::now();
  for (uint32_t row = 0; row < rows; ++row) {
    if (!index->Set(row, MadeUp(random, rows / 20 + 1)).ok()) return 1;
  }
  std::printf("%u rows made and set in %.1f s\n", rows, Seconds(begin));
  begin = Clock::now();
  while (index->LinkPending(rows / 10 + 1, threads) > 0) std::printf("linking: %.1f s\n", Seconds(begin));
  std::printf("linked by %d threads in %.1f s, %.1f MB\n", threads, Seconds(begin),
              static_cast<double>(index->MemoryBytes()) / 1e6);
  std::vector<std::vector<float>> queries;
  for (int i = 0; i < 200; ++i) queries.push_back(MadeUp(random, rows / 20 + 1));
  for (const size_t k : {10, 200}) {
    begin = Clock::now();
    for (const auto& query : queries) (void)*index->Nearest(query, k);
    std::printf("graph, best %zu: %.3f ms\n", k, 1e3 * Seconds(begin) / static_cast<double>(queries.size()));
  }
  begin = Clock::now();
  const double recall = MeanRecall(*index, queries);
  std::printf("recall at 10 %.4f, scan %.3f ms\n", recall, 1e3 * Seconds(begin) / static_cast<double>(queries.size()));
  return 0;
}

}  // namespace
}  // namespace kontor::search

int main(int argc, char** argv) {
  const long rows = argc > 1 ? std::atol(argv[1]) : 100'000;
  const long threads = argc > 2 ? std::atol(argv[2]) : 2;
  return kontor::search::Run(static_cast<uint32_t>(rows), static_cast<int>(threads));
}

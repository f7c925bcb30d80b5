#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/random.h"
#include "libs/domain/search/suggest.h"

// A million suggestions of words that fall off as in language (Zipf), asked letter by letter; one thread.
namespace kontor::search {
namespace {

class Words {
 public:
  explicit Words(base::Random& random) {
    static constexpr const char* kSyllables[] = {"ba",  "co", "der", "el", "fi",  "gra", "ho",  "in",  "jo",  "kel",
                                                 "lam", "mo", "nu",  "or", "pan", "qui", "ri",  "sto", "ter", "un",
                                                 "vo",  "wa", "xi",  "yl", "ze",  "shi", "tra", "ple"};
    for (int i = 0; i < 80'000; ++i) {
      std::string word;
      for (uint64_t s = 1 + random.Below(3) + random.Below(2); s > 0; --s)
        word += kSyllables[random.Below(std::size(kSyllables))];
      words_.push_back(std::move(word));
    }
  }
  const std::string& Pick(base::Random& random) const {
    const double rank = std::exp(random.Uniform() * std::log(static_cast<double>(words_.size())));
    return words_[std::min(words_.size() - 1, static_cast<size_t>(rank) - 1)];
  }

 private:
  std::vector<std::string> words_;
};

struct Data {
  Data() {
    base::Random random(7);
    const Words words(random);
    for (int i = 0; i < 1'000'000; ++i) {
      const bool product = i % 10 < 7;
      const auto kind = product          ? SuggestionKind::kProduct
                        : i % 1'000 == 8 ? SuggestionKind::kBrand
                        : i % 1'000 == 9 ? SuggestionKind::kCategory
                                         : SuggestionKind::kQuery;
      std::string text = words.Pick(random);
      for (uint64_t n = product ? 5 + random.Below(6) : random.Below(4); n > 0; --n)
        absl::StrAppend(&text, " ", words.Pick(random));
      entries.push_back({kind, std::move(text), "", static_cast<float>(1 / (1e-4 + random.Uniform())), 0});
    }
    for (int i = 0; i < 3'000; ++i) {
      std::string query = entries[random.Below(entries.size())].text;
      query.resize(std::min<size_t>(query.size(), 24));
      if (random.Chance(0.3) && query.size() > 4) std::swap(query[2], query[3]);
      for (size_t size = 1; size <= query.size(); ++size) prefixes.push_back(query.substr(0, size));
    }
  }
  std::vector<SuggestionEntry> entries;
  std::vector<std::string> prefixes;
};
const Data& Shared() {
  static const auto& data = *new Data();
  return data;
}

void Build(benchmark::State& state) {
  size_t bytes = 0;
  for (auto _ : state) bytes = (*SuggestIndex::Build(Shared().entries))->memory_bytes();
  state.counters["MB"] = static_cast<double>(bytes) / 1e6;
}
BENCHMARK(Build)->Unit(benchmark::kMillisecond)->Iterations(1);

void Suggest(benchmark::State& state) {
  const auto index = *SuggestIndex::Build(Shared().entries);
  std::vector<double> micros;
  size_t at = 0;
  for (auto _ : state) {
    const std::string& prefix = Shared().prefixes[at++ % Shared().prefixes.size()];
    const auto begin = std::chrono::steady_clock::now();
    benchmark::DoNotOptimize(index->Suggest(prefix));
    micros.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(micros.begin(), micros.end());
  state.counters["p50_us"] = micros[micros.size() / 2];
  state.counters["p99_us"] = micros[micros.size() * 99 / 100];
  state.counters["p999_us"] = micros[micros.size() * 999 / 1000];
}
BENCHMARK(Suggest)->Unit(benchmark::kMicrosecond)->Iterations(40'000);

}  // namespace
}  // namespace kontor::search

BENCHMARK_MAIN();

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "libs/base/csv.h"
#include "libs/domain/text/analyzer.h"
#include "libs/domain/text/spelling.h"

// Titles and queries of Home Depot ($KONTOR_DATA_DIR/home-depot), one thread. Without the data every bench is an error.
namespace kontor::text {
namespace {

std::vector<std::string> Column(absl::string_view file, size_t column) {
  const char* const root = std::getenv("KONTOR_DATA_DIR");
  std::vector<std::string> values;
  auto reader = base::CsvReader::Open(absl::StrCat(root != nullptr ? root : "../shared/data", "/home-depot/", file));
  if (!reader.ok()) return values;
  reader->Next();
  while (reader->Next()) values.emplace_back(reader->fields()[column]);
  return values;
}
const std::vector<std::string>& Titles() {
  static const auto& titles = *new std::vector<std::string>(Column("products.csv", 1));
  return titles;
}
const std::vector<std::string>& Queries() {
  static const auto& queries = *new std::vector<std::string>(Column("judgements.csv", 1));
  return queries;
}

void Analyze(benchmark::State& state) {
  const AnalyzerOptions options =
      state.range(0) == 0 ? AnalyzerOptions{.stem = false, .measures = false, .codes = false} : AnalyzerOptions{};
  const auto analyzer = *Analyzer::Create(options);
  std::vector<Token> tokens;
  int64_t bytes = 0, texts = 0;
  if (Titles().empty()) return state.SkipWithError("no data");
  for (auto _ : state) {
    for (const std::string& title : Titles()) {
      analyzer->Analyze(title, tokens);
      benchmark::DoNotOptimize(tokens.data());
      bytes += static_cast<int64_t>(title.size());
    }
    texts += static_cast<int64_t>(Titles().size());
  }
  state.SetBytesProcessed(bytes);
  state.SetItemsProcessed(texts);
}
BENCHMARK(Analyze)->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

std::shared_ptr<const SpellingDictionary> Build(const Analyzer& analyzer) {
  SpellingDictionary::Builder builder;
  std::vector<Token> tokens;
  for (const std::string& title : Titles()) {
    analyzer.Analyze(title, tokens);
    builder.Add(tokens);
  }
  return std::move(builder).Build();
}

void BuildSpelling(benchmark::State& state) {
  const auto analyzer = *Analyzer::Create({});
  if (Titles().empty()) return state.SkipWithError("no data");
  for (auto _ : state) benchmark::DoNotOptimize(Build(*analyzer));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(Titles().size()));
}
BENCHMARK(BuildSpelling)->Unit(benchmark::kMillisecond);

// Words a second, of queries as people type them.
void Correct(benchmark::State& state) {
  const auto analyzer = *Analyzer::Create({});
  if (Titles().empty()) return state.SkipWithError("no data");
  const auto dictionary = Build(*analyzer);
  std::vector<std::vector<Token>> queries;
  for (const std::string& query : Queries()) {
    std::vector<Token> tokens;
    analyzer->Analyze(query, tokens);
    queries.push_back(std::move(tokens));
  }
  int64_t words = 0;
  std::vector<SpellingDictionary::Word> asked;
  for (auto _ : state) {
    for (const std::vector<Token>& query : queries) {
      asked.clear();
      for (const Token& token : query) {
        if (!token.extra) asked.push_back({token.word, token.term});
      }
      benchmark::DoNotOptimize(dictionary->Correct(asked));
      words += static_cast<int64_t>(asked.size());
    }
  }
  state.SetItemsProcessed(words);
}
BENCHMARK(Correct)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace kontor::text

BENCHMARK_MAIN();

#include "bench/search_speed.h"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "bench/search_shop.h"
#include "bench/search_timing.h"
#include "bench/search_titles.h"
#include "bench/search_vectors.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/domain/search/engine.h"
#include "services/search/companion_building.h"
#include "services/search/settings.h"

namespace kontor::bench {
namespace {

using namespace search;  // NOLINT: a program

constexpr size_t kQueries = 1'000, kBatch = 1'000, kMadeAtOnce = 100'000, kLearnedFrom = 300, kShown = 10;

double ResidentBytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    const std::vector<std::string> words = absl::StrSplit(line, absl::ByAnyChar(": \t"), absl::SkipEmpty());
    double kib = 0;
    if (words.size() >= 2 && words[0] == "VmRSS" && absl::SimpleAtod(words[1], &kib)) return kib * 1'024;
  }
  return 0;
}

class SpeedBench {
 public:
  SpeedBench(const SearchData& data, const SpeedOptions& options, std::vector<Figure>& figures)
      : data_(data), options_(options), figures_(figures), queries_(SampleQueries(data, kQueries)) {}

  absl::Status Run() {
    ASSIGN_OR_RETURN(analyzer_, text::Analyzer::Create({}));
    Index index(*analyzer_);
    RETURN_IF_ERROR(Build(index));
    parts_.view = index.View();
    parts_.reading.analyzer = analyzer_.get();
    BuildBeside();
    AskByWords();
    RETURN_IF_ERROR(AskByMeaning());
    return Learn();
  }

 private:
  void Add(const std::string& name, double value, const std::string& unit, const std::string& note) {
    figures_.push_back({name, value, unit, std::nullopt, note});
    std::cout << absl::StrFormat("%-40s %12.3f %s  %s\n", name, value, unit, note) << std::flush;
  }

  void Time(const std::string& name, const std::string& note, const std::function<void(const std::string&)>& run) {
    CallTimes(queries_.size(), [&](size_t i) { run(queries_[i]); }).AddTo(figures_, name, note);
  }

  // Takes the batches into the index by two threads, one of which commits as a service does.
  static absl::Status Feed(const std::vector<std::vector<Upsertion>>& batches, Index& index) {
    std::atomic<size_t> next{0};
    absl::Status failed[2];
    const auto feed = [&](absl::Status& status) {
      for (size_t i = next.fetch_add(1); i < batches.size() && status.ok(); i = next.fetch_add(1)) {
        status = index.Upsert(batches[i]);
      }
    };
    std::thread other(feed, std::ref(failed[1]));
    feed(failed[0]);
    other.join();
    index.Commit();
    return failed[0].ok() ? failed[1] : failed[0];
  }

  // Products are made between the times that count.
  absl::Status Build(Index& index) {
    const MadeShop shop(data_.products);
    const double resident = ResidentBytes();
    double wall = 0, cpu = 0;
    const auto timed = [&](const std::function<absl::Status()>& work) {
      const double wall_begin = WallSeconds(), cpu_begin = ProcessCpuSeconds();
      absl::Status status = work();
      wall += WallSeconds() - wall_begin;
      cpu += ProcessCpuSeconds() - cpu_begin;
      return status;
    };
    for (size_t from = 0; from < options_.products; from += kMadeAtOnce) {
      std::vector<std::vector<Upsertion>> batches;
      for (size_t i = from; i < std::min(from + kMadeAtOnce, options_.products); ++i) {
        if (batches.empty() || batches.back().size() == kBatch) batches.emplace_back();
        batches.back().push_back(shop.Make(i));
      }
      RETURN_IF_ERROR(timed([&] { return Feed(batches, index); }));
    }
    RETURN_IF_ERROR(timed([&] {
      while (index.Merge()) {
      }
      return absl::OkStatus();
    }));
    const auto view = index.View();
    const auto products = static_cast<double>(view->documents());
    Add("products_per_second/build", products / wall, "1/s",
        absl::StrFormat("%d products by two threads in %.1f s, merged as a service merges; wanted: above 50,000",
                        view->documents(), wall));
    Add("products_per_cpu_second/build", products / cpu, "1/s", "");
    Add("memory_gb/index", static_cast<double>(view->Bytes()) / 1e9, "GB",
        absl::StrFormat("%d segments, %.0f bytes a product", view->parts().size(),
                        static_cast<double>(view->Bytes()) / products));
    Add("memory_gb/resident_growth", (ResidentBytes() - resident) / 1e9, "GB",
        "what building took from the system, with what the allocator keeps");
    return absl::OkStatus();
  }

  void BuildBeside() {
    std::vector<SuggestionEntry> asked;
    for (size_t i = 0; i < data_.queries.size(); ++i) {
      asked.push_back({SuggestionKind::kQuery, data_.queries[i].query, "", static_cast<float>(1 + i % 97)});
    }
    const double begin = ProcessCpuSeconds();
    const Companions companions = BuildCompanions(*analyzer_, *parts_.view, std::move(asked), {});
    Add("build_cpu_seconds/companions", ProcessCpuSeconds() - begin, "s", "spelling, understanding, suggestions");
    parts_.reading.spelling = companions.spelling;
    parts_.reading.model = companions.model;
    if (companions.suggestions != nullptr) Suggest(*companions.suggestions);
  }

  // Letter by letter.
  void Suggest(const SuggestIndex& suggestions) {
    std::vector<std::string> prefixes;
    for (const std::string& query : queries_) {
      for (size_t size = 1; size <= query.size(); ++size) prefixes.push_back(query.substr(0, size));
    }
    const CallTimes times(prefixes.size(), [&](size_t i) { suggestions.Suggest(prefixes[i]); });
    times.AddTo(
        figures_, "suggest",
        absl::StrFormat("%d entries, each query letter by letter; wanted: p99 below 1,000", suggestions.size()));
    Add("memory_gb/suggestions", static_cast<double>(suggestions.memory_bytes()) / 1e9, "GB", "");
  }

  Question ShopQuestion(const std::string& query, Effort effort) const {
    Question question;
    question.query = query;
    question.page_size = kShown;
    question.facets = MadeShop::Facets();
    question.effort = effort;
    return question;
  }

  void AskByWords() {
    const std::vector<FacetSpec> facets = MadeShop::Facets();
    TopOptions top;
    top.bm25f = settings_.bm25f;
    top.boosts = settings_.boosts;
    top.k = kShown;
    Time("read", "spelling and understanding of a query alone",
         [&](const std::string& query) { Read(parts_.reading, query, 0); });
    std::vector<LexicalQuery> understood;
    for (const std::string& query : queries_) understood.push_back(Read(parts_.reading, query, 0).understood.lexical);
    const size_t count = queries_.size();
    CallTimes(count, [&](size_t i) {
      TopAny(PreparedQuery(*parts_.view, understood[i]), top);
    }).AddTo(figures_, "top_any", "any word, top 10 alone, of a query that was read");
    CallTimes(count, [&](size_t i) {
      const PreparedQuery query(*parts_.view, understood[i]);
      const MatchSet set = Match(query, {}, {MatchPolicy::kMost, kShown});
      Top(query, set, top);
      CountFacets(*parts_.view, set, facets);
    }).AddTo(figures_, "index", "top 10, exact count, five facets, of a query that was read");
    Time("ask", "text to page: the same, read and ranked again by features; wanted: p50 below 1,000, p99 below 5,000",
         [&](const std::string& query) { Ask(parts_, settings_, ShopQuestion(query, Effort::kLexical)); });
  }

  absl::Status AskByMeaning() {
    const double wall = WallSeconds(), cpu = ProcessCpuSeconds();
    ASSIGN_OR_RETURN(parts_.meaning, MakeMeaning(*parts_.view));
    const VectorIndex& vectors = *parts_.meaning->sentence_vectors;
    const std::string how = vectors.has_graph() ? "through the graph" : "by an exact scan";
    Add("build_wall_seconds/vectors", WallSeconds() - wall, "s",
        absl::StrFormat("%d vectors of 384, %.0f CPU s", vectors.size(), ProcessCpuSeconds() - cpu));
    Add("memory_gb/vectors", static_cast<double>(vectors.MemoryBytes()) / 1e9, "GB", "int8");
    Add("memory_gb/index_and_vectors", static_cast<double>(vectors.MemoryBytes() + parts_.view->Bytes()) / 1e9, "GB",
        "wanted for a million products: below 1.7");
    Time("fused", absl::StrCat("as ask, with neighbours ", how, ", without encoding; wanted: p99 below 10,000"),
         [&](const std::string& query) { Ask(parts_, settings_, ShopQuestion(query, Effort::kFused)); });
    if (options_.sentences == nullptr) return absl::OkStatus();
    std::vector<float> vector(nn::SentenceEncoder::kDimensions);
    absl::Status status;
    Time("encode_query", "the query's vector by the sentence encoder, not remembered",
         [&](const std::string& query) { status.Update(options_.sentences->Encode({query}, absl::MakeSpan(vector))); });
    return status;
  }

  // Trees of the size that a shop's have, learned to put high what a hash of the product favours: what they cost.
  absl::Status Learn() {
    const auto rows_of = [&](const std::string& query) {
      return RowsFor(parts_, settings_, ShopQuestion(query, Effort::kFused));
    };
    std::vector<float> values, labels;
    std::vector<uint32_t> groups;
    for (size_t i = 0; i < std::min(kLearnedFrom, queries_.size()); ++i) {
      const RankRows rows = rows_of(queries_[i]);
      if (rows.docs.empty()) continue;
      groups.push_back(static_cast<uint32_t>(rows.docs.size()));
      values.insert(values.end(), rows.rows.begin(), rows.rows.end());
      for (const DocRef doc : rows.docs) {
        labels.push_back(static_cast<float>(base::StableHash(parts_.view->Id(doc)) % 8 == 0 ? 1 : 0));
      }
    }
    const TrainRankOptions options;
    ASSIGN_OR_RETURN(learn::BoostedTrees trees,
                     learn::BoostedTrees::Train({kFeatures, values, labels, groups}, options.trees));
    const auto note = absl::StrFormat("as fused, ranked by %d trees of depth %d", trees.trees(), options.trees.depth);
    parts_.ranker = std::make_shared<LearnedRanker>(LinearRanker(), std::move(trees));
    Time("features", "from the text to the features of all candidates",
         [&](const std::string& query) { rows_of(query); });
    std::vector<RankRows> rows;
    for (const std::string& query : queries_) rows.push_back(rows_of(query));
    CallTimes(rows.size(), [&](size_t i) {
      std::vector<float> scores(rows[i].docs.size());
      parts_.ranker->Score(rows[i].rows, absl::MakeSpan(scores));
    }).AddTo(figures_, "trees", "the trees alone over those rows");
    Time("learned", note,
         [&](const std::string& query) { Ask(parts_, settings_, ShopQuestion(query, Effort::kLearned)); });
    return absl::OkStatus();
  }

  const SearchData& data_;
  const SpeedOptions& options_;
  std::vector<Figure>& figures_;
  const std::vector<std::string> queries_;
  std::unique_ptr<text::Analyzer> analyzer_;
  EngineParts parts_;
  const EngineSettings settings_ = ServingSettings();
};

}  // namespace

absl::Status BenchSpeed(const SearchData& data, const SpeedOptions& options, std::vector<Figure>& figures) {
  return SpeedBench(data, options, figures).Run();
}

}  // namespace kontor::bench

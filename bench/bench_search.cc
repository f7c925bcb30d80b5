// How good and how fast the search engine is.
//
//   bench_search [--products FILE --judgements FILE [--grade-offset G] [--relevant-grade G]] [--sentence-model FOLDER]
//                [--only relevance|learned|spelling|speed|encoder] [--speed-products N] [--quick]
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "bench/figures.h"
#include "bench/search_data.h"
#include "bench/search_encoder.h"
#include "bench/search_peers.h"
#include "bench/search_relevance.h"
#include "bench/search_speed.h"
#include "bench/search_spelling.h"
#include "libs/base/status.h"
#include "services/search/sentence_files.h"

namespace kontor::bench {
namespace {

constexpr char kUsage[] =
    "usage: bench_search [--products FILE --judgements FILE [--grade-offset G] [--relevant-grade G]] "
    "[--sentence-model FOLDER] [--only relevance|learned|spelling|speed|encoder] [--speed-products N] [--quick]";

constexpr size_t kQuickProducts = 100'000;

constexpr Headline kHeadlines[] = {
    {"home_depot_ndcg_plain", "ndcg_at_10/plain_bm25", "5,851 queries, 54,667 titles; the protocol's own figure"},
    {"home_depot_ndcg_lexical", "ndcg_at_10/spelling", "words alone; the best lexical peer"},
    {"home_depot_ndcg_without_download", "ndcg_at_10/fused/catalogue_vectors",
     "with vectors of the shop's own titles; best weighted sum with MiniLM"},
    {"home_depot_ndcg", "ndcg_at_10/fused/sentence_vectors",
     "settings chosen on half of the queries; LambdaMART with MiniLM", .4337},
    {"home_depot_mrr", "mrr_at_10/fused/sentence_vectors", "likewise", .5014},
    {"home_depot_recall_at_100", "recall_at_100/fused/sentence_vectors", "likewise", .8107},
    {"home_depot_ndcg_learned", "ndcg_at_10/learned/sentence_vectors", "five folds over queries; likewise"},
    {"spelling_ndcg", "spelling/ndcg_at_10_with", "of the queries that are changed; SymSpell"},
    {"spelling_harmed_queries", "spelling/harmed_queries", "wanted: below"},
    {"spelling_broken_share", "spelling/broken_share", "right words made wrong; wanted: below", .006},
    {"million_count_and_facets_p50_us", "cpu_us_p50/index",
     "a million products, top 10, exact count, five facets; wanted: below", 1'000},
    {"million_ask_p50_us", "cpu_us_p50/ask", "from the text to the page, likewise", 1'000},
    {"million_ask_p99_us", "cpu_us_p99/ask", "likewise", 5'000},
    {"million_fused_p99_us", "cpu_us_p99/fused", "with neighbours; without encoding; wanted: below", 10'000},
    {"million_suggest_p99_us", "cpu_us_p99/suggest", "wanted: below", 1'000},
    {"million_memory_gb", "memory_gb/index_and_vectors", "wanted: below", 1.7},
    {"build_products_per_s", "products_per_second/build", "two threads; wanted: above", 50'000},
    {"encode_8_tokens_p50_us", "cpu_us_p50/encode_8_tokens", "one core; wanted: below", 5'000},
    {"titles_top_10_per_cpu_s", "queries_per_cpu_second/top10", "queries; Tantivy"},
    {"titles_facets_per_cpu_s", "queries_per_cpu_second/count_and_facet", "queries; Tantivy"},
};

struct Options {
  SearchFiles files = DefaultSearchFiles();
  bool home_depot = true;
  std::string sentence_model, only;
  bool quick = false;
  size_t speed_products = 0;  // 0: SpeedOptions'
};

absl::StatusOr<Options> ReadOptions(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i], value = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--quick") {
      options.quick = true;
      continue;
    }
    ++i;
    if (name == "--products") {
      options.files.products = value;
      options.home_depot = false;
    } else if (name == "--judgements") {
      options.files.judgements = value;
    } else if (name == "--sentence-model") {
      options.sentence_model = value;
    } else if (name == "--only") {
      options.only = value;
    } else if (name == "--speed-products") {
      if (!absl::SimpleAtoi(value, &options.speed_products)) return absl::InvalidArgumentError(kUsage);
    } else if (!(name == "--grade-offset" && absl::SimpleAtod(value, &options.files.grade_offset)) &&
               !(name == "--relevant-grade" && absl::SimpleAtod(value, &options.files.relevant_grade))) {
      return absl::InvalidArgumentError(kUsage);
    }
  }
  return options;
}

absl::Status Main(int argc, char** argv) {
  ASSIGN_OR_RETURN(const Options options, ReadOptions(argc, argv));
  ASSIGN_OR_RETURN(const SearchData data, ReadSearchData(options.files));
  const auto wanted = [&](absl::string_view part) { return options.only.empty() || options.only == part; };
  std::vector<Figure> figures;
  RelevanceOptions relevance;
  relevance.sentences = search::LoadSentenceEncoder(options.sentence_model);
  relevance.home_depot = options.home_depot;
  relevance.learned = !options.quick && wanted("learned");
  if (wanted("relevance") || wanted("learned")) RETURN_IF_ERROR(BenchRelevance(data, relevance, figures));
  if (wanted("spelling")) RETURN_IF_ERROR(BenchSpelling(data, {options.home_depot}, figures));
  if (wanted("encoder") && relevance.sentences != nullptr) {
    RETURN_IF_ERROR(BenchEncoder(data, *relevance.sentences, figures));
  }
  SpeedOptions speed;
  speed.sentences = relevance.sentences;
  if (options.quick) speed.products = kQuickProducts;
  if (options.speed_products > 0) speed.products = options.speed_products;
  if (wanted("speed")) {
    RETURN_IF_ERROR(BenchSpeed(data, speed, figures));
    RETURN_IF_ERROR(BenchPeers(data, figures));
  }
  if (!options.quick && options.home_depot) AddHeadlines(kHeadlines, figures);
  return WriteFigures(figures, data.files);
}

}  // namespace
}  // namespace kontor::bench

int main(int argc, char** argv) {
  const absl::Status status = kontor::bench::Main(argc, argv);
  if (!status.ok()) std::cerr << status.message() << "\n";
  return status.ok() ? 0 : 1;
}

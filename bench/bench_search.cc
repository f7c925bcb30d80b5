// How good and how fast the search engine is.
//
//   bench_search [--products FILE --judgements FILE [--grade-offset G] [--relevant-grade G]] [--sentence-model FOLDER]
//                [--only relevance|spelling|speed|encoder] [--speed-products N] [--quick]
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
    "[--sentence-model FOLDER] [--only relevance|spelling|speed|encoder] [--speed-products N] [--quick]";

constexpr size_t kQuickProducts = 100'000;

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
  relevance.learned = !options.quick;
  if (wanted("relevance")) RETURN_IF_ERROR(BenchRelevance(data, relevance, figures));
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
  return WriteFigures(figures, data.files);
}

}  // namespace
}  // namespace kontor::bench

int main(int argc, char** argv) {
  const absl::Status status = kontor::bench::Main(argc, argv);
  if (!status.ok()) std::cerr << status.message() << "\n";
  return status.ok() ? 0 : 1;
}

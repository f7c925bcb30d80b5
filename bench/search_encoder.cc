#include "bench/search_encoder.h"

#include <algorithm>
#include <cmath>
#include <iostream>
#include <numeric>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/search_timing.h"
#include "libs/base/status.h"

namespace kontor::bench {
namespace {

constexpr size_t kDimensions = nn::SentenceEncoder::kDimensions, kTokens = 8, kTimed = 200;

// sentence-transformers/all-MiniLM-L6-v2 in PyTorch 1.13.1, float32: the first numbers and the sum (NaN: not known).
struct Golden {
  std::string text;
  std::vector<int32_t> ids;
  std::vector<float> first;
  double sum = std::nan("");
};

std::vector<Golden> GoldenTexts() {
  return {
      {"This is an example sentence",
       {101, 2023, 2003, 2019, 2742, 6251, 102},
       {.0676569F, .0634960F, .0487131F, .0793050F, .0374481F, .0026528F, .0393749F, -.0070985F},
       .271751},
      {"angle bracket",
       {101, 6466, 21605, 102},
       {-.0698511F, .1302245F, -.0662115F, -.0904506F, -.0621437F, .0270576F, .0224588F, .0316109F},
       .345115},
      {"12-Gauge café naïve ½ in. 3/4\" ™ shower-head",
       {101, 2260, 1011, 7633, 7668, 15743, 1092, 1999, 1012, 1017, 1013, 1018, 1000, 1580, 6457, 1011, 2132, 102},
       {-.0002117F, .0689603F, .0057374F, -.0007238F}},
  };
}

}  // namespace

absl::Status BenchEncoder(const SearchData& data, const nn::SentenceEncoder& encoder, std::vector<Figure>& figures) {
  const auto add = [&](const std::string& name, double value, const std::string& unit, const std::string& note) {
    figures.push_back({name, value, unit, std::nullopt, note});
    std::cout << absl::StrFormat("%-40s %12.3g %s  %s\n", name, value, unit, note) << std::flush;
  };
  std::vector<float> vector(kDimensions);
  std::vector<int32_t> ids;
  double error = 0;
  int64_t wrong = 0;
  for (const Golden& golden : GoldenTexts()) {
    encoder.tokenizer().Tokenize(golden.text, nn::SentenceEncoder::kMaxTokens, ids);
    wrong += ids == golden.ids ? 0 : 1;
    RETURN_IF_ERROR(encoder.Encode({golden.text}, absl::MakeSpan(vector)));
    for (size_t i = 0; i < golden.first.size(); ++i)
      error = std::max(error, std::abs(0.0 + vector[i] - golden.first[i]));
    const double sum = std::accumulate(vector.begin(), vector.end(), 0.0);
    if (!std::isnan(golden.sum)) error = std::max(error, std::abs(sum - golden.sum));
  }
  add("encoder/largest_error", error, "", "of the golden numbers of three texts; wanted: below 1e-5");
  add("encoder/texts_with_wrong_ids", static_cast<double>(wrong), "texts", "of three");
  std::vector<absl::string_view> queries;
  for (const JudgedSearch& query : data.queries) {
    encoder.tokenizer().Tokenize(query.query, nn::SentenceEncoder::kMaxTokens, ids);
    if (ids.size() == kTokens && queries.size() < kTimed) queries.emplace_back(query.query);
  }
  absl::Status status;
  CallTimes(queries.size(), [&](size_t i) {
    status.Update(encoder.Encode(absl::MakeConstSpan(&queries[i], 1), absl::MakeSpan(vector)));
  }).AddTo(figures, "encode_8_tokens", "a query alone; wanted: below 5,000");
  const size_t titles = std::min<size_t>(kTimed, data.products.size());
  CallTimes(titles, [&](size_t i) {
    status.Update(encoder.Encode({data.products[i].title}, absl::MakeSpan(vector)));
  }).AddTo(figures, "encode_title", "a title alone");
  return status;
}

}  // namespace kontor::bench

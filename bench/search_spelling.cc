#include "bench/search_spelling.h"

#include <cmath>
#include <iostream>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/search_timing.h"
#include "bench/search_titles.h"
#include "libs/base/random.h"
#include "libs/base/status.h"
#include "libs/domain/search/engine.h"
#include "services/search/companion_building.h"
#include "services/search/settings.h"

namespace kontor::bench {
namespace {

using namespace search;  // NOLINT: a program

constexpr size_t kRightTexts = 5'000, kWordsOfText = 4;
constexpr double kTie = 1e-9;

class SpellingBench {
 public:
  SpellingBench(const SearchData& data, const SpellingOptions& options, std::vector<Figure>& figures)
      : data_(data), options_(options), figures_(figures) {
    for (uint32_t i = 0; i < data.products.size(); ++i) places_.emplace(data.products[i].id, i);
  }

  absl::Status Run() {
    ASSIGN_OR_RETURN(titles_, IndexTitles(data_, {}, false));
    const Companions companions = BuildCompanions(*titles_.analyzer, *titles_.view, {}, {});
    parts_.view = titles_.view;
    parts_.reading.analyzer = titles_.analyzer.get();
    parts_.reading.model = companions.model;
    RETURN_IF_ERROR(Queries(companions.spelling));
    RightWords(*companions.spelling);
    Speed(*companions.spelling);
    return absl::OkStatus();
  }

 private:
  void Add(const std::string& name, double value, const std::string& unit, double reference, const std::string& note) {
    const auto against = options_.home_depot && reference > 0 ? std::optional<double>(reference) : std::nullopt;
    figures_.push_back({name, value, unit, against, note});
    std::cout << absl::StrFormat("%-40s %12.4f %s  %s\n", name, value, unit, note) << std::flush;
  }

  absl::StatusOr<double> Ndcg(const JudgedSearch& query,
                              const std::shared_ptr<const text::SpellingDictionary>& spelling) {
    parts_.reading.spelling = spelling;
    Question question;
    question.query = query.query;
    question.effort = Effort::kLexical;
    std::vector<uint32_t> ranking;
    for (const Found& found : Ask(parts_, settings_, question).page) {
      ranking.push_back(places_.at(titles_.view->Id(found.doc)));
    }
    ASSIGN_OR_RETURN(const Measures measures, Measure(ranking, query.judgements));
    return measures.ndcg;
  }

  absl::Status Queries(const std::shared_ptr<const text::SpellingDictionary>& spelling) {
    double before = 0, after = 0;
    int64_t changed = 0, judged = 0, better = 0, worse = 0;
    for (const JudgedSearch& query : data_.queries) {
      if (spelling->CorrectText(*titles_.analyzer, query.query).changes.empty()) continue;
      ++changed;
      ASSIGN_OR_RETURN(const double without, Ndcg(query, nullptr));
      ASSIGN_OR_RETURN(const double with, Ndcg(query, spelling));
      if (std::isnan(without)) continue;
      ++judged;
      before += without;
      after += with;
      better += with > without + kTie ? 1 : 0;
      worse += with < without - kTie ? 1 : 0;
    }
    const auto mean = [&](double sum) { return judged > 0 ? sum / static_cast<double>(judged) : 0; };
    const std::string peer = "reference: SymSpell with stemmed BM25, over the queries that it changes";
    Add("spelling/changed_queries", static_cast<double>(changed), "queries", 813, peer);
    Add("spelling/ndcg_at_10_without", mean(before), "share", .2071, peer);
    Add("spelling/ndcg_at_10_with", mean(after), "share", .3074, peer);
    Add("spelling/better_queries", static_cast<double>(better), "queries", 268, peer);
    Add("spelling/harmed_queries", static_cast<double>(worse), "queries", 150, peer);
    return absl::OkStatus();
  }

  // Up to four neighbouring words of titles, a fifth of them with a plural s behind the last.
  void RightWords(const text::SpellingDictionary& spelling) {
    base::Random random(1);
    std::vector<text::Token> tokens;
    int64_t right = 0, broken = 0;
    for (size_t i = 0; i < kRightTexts; ++i) {
      titles_.analyzer->Analyze(data_.products[random.Below(data_.products.size())].title, tokens);
      std::vector<std::string> words;
      for (const text::Token& token : tokens) {
        const bool counts = token.kind == text::Token::Kind::kWord && !token.extra;
        if (counts && words.size() < kWordsOfText) words.push_back(token.word);
      }
      if (words.empty()) continue;
      if (random.Chance(.2) && !absl::StrContains("shxzy", words.back().back())) words.back() += "s";
      right += static_cast<int64_t>(words.size());
      for (const auto& change : spelling.CorrectText(*titles_.analyzer, absl::StrJoin(words, " ")).changes) {
        broken += change.action != text::SpellingVerdict::Action::kAlso ? 1 : 0;
      }
    }
    Add("spelling/broken_share", right > 0 ? static_cast<double>(broken) / static_cast<double>(right) : 0, "share", 0,
        absl::StrFormat("of %d right words of titles and plurals; wanted: below .006", right));
  }

  void Speed(const text::SpellingDictionary& spelling) {
    std::vector<text::Token> tokens;
    size_t words = 0;
    for (const JudgedSearch& query : data_.queries) {
      titles_.analyzer->Analyze(query.query, tokens);
      for (const text::Token& token : tokens) words += token.extra ? 0 : 1;
    }
    const double begin = ThreadCpuSeconds();
    for (const JudgedSearch& query : data_.queries) spelling.CorrectText(*titles_.analyzer, query.query);
    Add("spelling/words_per_second", static_cast<double>(words) / (ThreadCpuSeconds() - begin), "1/s", 0,
        "CPU seconds, text analysis included; wanted: above 50,000");
  }

  const SearchData& data_;
  const SpellingOptions& options_;
  std::vector<Figure>& figures_;
  absl::flat_hash_map<std::string, uint32_t> places_;
  IndexedTitles titles_;
  EngineParts parts_;
  const EngineSettings settings_ = ServingSettings();
};

}  // namespace

absl::Status BenchSpelling(const SearchData& data, const SpellingOptions& options, std::vector<Figure>& figures) {
  return SpellingBench(data, options, figures).Run();
}

}  // namespace kontor::bench

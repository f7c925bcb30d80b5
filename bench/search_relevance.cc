#include "bench/search_relevance.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <iostream>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/domain/search/engine.h"
#include "libs/domain/search/index.h"
#include "libs/domain/search/window.h"
#include "services/search/companion_building.h"
#include "services/search/meaning_keeper.h"
#include "services/search/settings.h"

namespace kontor::bench {
namespace {

using namespace search;  // NOLINT: a program

constexpr size_t kRanked = 100;

double CpuSeconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

using Ranking = std::vector<uint32_t>;  // places of products, best first

// The peers' best figures for the same step, 0 for none.
struct Reference {
  double ndcg = 0, mrr = 0, recall = 0;
};

struct Shop {
  std::unique_ptr<text::Analyzer> analyzer;
  std::unique_ptr<Index> index;
  std::shared_ptr<const IndexView> view;
};

class RelevanceBench {
 public:
  RelevanceBench(const SearchData& data, const RelevanceOptions& options, std::vector<Figure>& figures)
      : data_(data), options_(options), figures_(figures) {
    for (uint32_t i = 0; i < data.products.size(); ++i) places_.emplace(data.products[i].id, i);
  }

  absl::Status Run() {
    std::cout << absl::StrFormat("%d products, %d queries\n%-28s %8s %8s %8s  %s\n", data_.products.size(),
                                 data_.queries.size(), "", "nDCG@10", "MRR@10", "Rec@100", "halves, empty");
    RETURN_IF_ERROR(Words());
    ASSIGN_OR_RETURN(Shop shop, MakeShop({}));
    RETURN_IF_ERROR(AsServed(shop));
    return absl::OkStatus();
  }

 private:
  absl::StatusOr<Shop> MakeShop(const text::AnalyzerOptions& options) const {
    Shop shop;
    ASSIGN_OR_RETURN(shop.analyzer, text::Analyzer::Create(options));
    shop.index = std::make_unique<Index>(*shop.analyzer);
    std::vector<Upsertion> batch;
    for (const Product& product : data_.products) batch.push_back({product, LiveValues()});
    RETURN_IF_ERROR(shop.index->Upsert(batch));
    shop.index->Commit();
    shop.index->MergeAll();
    shop.view = shop.index->View();
    return shop;
  }

  absl::Status Add(const std::string& name, const std::vector<Ranking>& rankings, Reference reference,
                   const std::string& note = "") {
    MeasureOptions measure;
    measure.relevant_gain = static_cast<float>(data_.relevant_gain);
    std::vector<Measures> all, halves[2];
    int empty = 0;
    for (size_t i = 0; i < rankings.size(); ++i) {
      ASSIGN_OR_RETURN(const Measures one, Measure(rankings[i], data_.queries[i].judgements, measure));
      all.push_back(one);
      halves[InFirstHalf(data_.queries[i].query) ? 0 : 1].push_back(one);
      empty += rankings[i].empty() ? 1 : 0;
    }
    const Measures mean = MeanOf(all).mean, first = MeanOf(halves[0]).mean, second = MeanOf(halves[1]).mean;
    const auto against = [&](double value) {
      return options_.home_depot && value > 0 ? std::optional<double>(value) : std::nullopt;
    };
    figures_.push_back({"ndcg_at_10/" + name, mean.ndcg, "share", against(reference.ndcg), note});
    figures_.push_back({"mrr_at_10/" + name, mean.mrr, "share", against(reference.mrr), ""});
    figures_.push_back({"recall_at_100/" + name, mean.recall, "share", against(reference.recall), ""});
    figures_.push_back({"ndcg_at_10/" + name + "/first_half", first.ndcg, "share", std::nullopt, ""});
    figures_.push_back({"ndcg_at_10/" + name + "/second_half", second.ndcg, "share", std::nullopt, ""});
    std::cout << absl::StrFormat("%-28s %8.4f %8.4f %8.4f  %.4f %.4f, %d\n", name, mean.ndcg, mean.mrr, mean.recall,
                                 first.ndcg, second.ndcg, empty)
              << std::flush;
    return absl::OkStatus();
  }

  Ranking PlacesOf(const IndexView& view, const std::vector<Hit>& hits) const {
    Ranking ranking;
    for (const Hit& hit : hits) ranking.push_back(places_.at(view.Id(hit.doc)));
    return ranking;
  }

  std::vector<Ranking> RankPlain(const Shop& shop, const Bm25fOptions& bm25f) const {
    std::vector<Ranking> rankings;
    for (const JudgedSearch& query : data_.queries) {
      const Reading reading = ReadVerbatim(*shop.analyzer, query.query);
      TopOptions options;
      options.bm25f = bm25f;
      options.k = kRanked;
      rankings.push_back(PlacesOf(*shop.view, TopAny(PreparedQuery(*shop.view, reading.understood.lexical), options)));
    }
    return rankings;
  }

  // What the index alone does: any word, no reading of the query.
  absl::Status Words() {
    Bm25fOptions bm25f;
    ASSIGN_OR_RETURN(const Shop plain, MakeShop({.stem = false, .measures = false, .codes = false}));
    RETURN_IF_ERROR(Add("plain_bm25", RankPlain(plain, bm25f), {.3402, .4014, .6912}, "reference: the protocol"));
    ASSIGN_OR_RETURN(const Shop stemmed, MakeShop({.stem = true, .measures = false, .codes = false}));
    RETURN_IF_ERROR(Add("stems", RankPlain(stemmed, bm25f), {.3846, .4455, .7521}, "reference: the same by numpy"));
    ASSIGN_OR_RETURN(const Shop analysed, MakeShop({}));
    RETURN_IF_ERROR(Add("measures_and_codes", RankPlain(analysed, bm25f), {}));
    return Add("length_norm", RankPlain(analysed, ServingSettings().bm25f), {});
  }

  std::vector<Ranking> RankAsked(const EngineParts& parts, const EngineSettings& settings, Question question) const {
    std::vector<Ranking> rankings;
    question.page_size = kRanked;
    question.match.enough = kRanked;
    for (const JudgedSearch& query : data_.queries) {
      question.query = query.query;
      const Answer answer = Ask(parts, settings, question);
      Ranking& ranking = rankings.emplace_back();
      for (const Found& found : answer.page) ranking.push_back(places_.at(parts.view->Id(found.doc)));
    }
    return rankings;
  }

  // What a service does, step by step.
  absl::Status AsServed(const Shop& shop) {
    const Companions companions = BuildCompanions(*shop.analyzer, *shop.view, {}, {});
    EngineParts parts;
    parts.view = shop.view;
    parts.reading.analyzer = shop.analyzer.get();
    EngineSettings settings = ServingSettings();
    Question question;
    question.effort = Effort::kLexical;
    RETURN_IF_ERROR(Add("as_read", RankAsked(parts, settings, question), {}, "understood, without spelling"));
    parts.reading.spelling = companions.spelling;
    parts.reading.model = companions.model;
    RETURN_IF_ERROR(Add("spelling", RankAsked(parts, settings, question), {.3985, .4616, .7730},
                        "reference: stems and SymSpell, the best lexical peer"));
    RETURN_IF_ERROR(Fused("catalogue_vectors", shop, nullptr, parts, settings));
    if (options_.sentences == nullptr) return absl::OkStatus();
    return Fused("sentence_vectors", shop, options_.sentences, parts, settings);
  }

  absl::Status Fused(const std::string& name, const Shop& shop,
                     const std::shared_ptr<const nn::SentenceEncoder>& sentences, EngineParts parts,
                     const EngineSettings& settings) {
    const double begin = CpuSeconds();
    MeaningKeeper keeper(*shop.analyzer, sentences);
    keeper.Refresh(
        *shop.view, [] { return false; }, [&](std::shared_ptr<const Meaning> meaning) { parts.meaning = meaning; });
    figures_.push_back({"build_cpu_seconds/" + name, CpuSeconds() - begin, "s", std::nullopt, ""});
    Question question;
    question.effort = Effort::kFused;
    RETURN_IF_ERROR(Add("fused/" + name, RankAsked(parts, settings, question), {.4009, .4752, .7982},
                        "reference: the best weighted sum with MiniLM among the peers"));
    return options_.learned ? Learned(name, parts, settings) : absl::OkStatus();
  }

  // Learned in five folds over queries: every query is ranked by trees that have not seen it.
  absl::Status Learned(const std::string& name, const EngineParts& parts, const EngineSettings& settings) {
    const double begin = CpuSeconds();
    Question question;
    question.match.enough = kRanked;
    std::vector<RankList> lists;
    std::vector<Ranking> candidates;
    for (const JudgedSearch& query : data_.queries) {
      question.query = query.query;
      const RankRows rows = RowsFor(parts, settings, question);
      absl::flat_hash_map<uint32_t, float> gains;
      for (const Judgement& judgement : query.judgements) gains[judgement.document] = judgement.gain;
      RankList& list = lists.emplace_back();
      Ranking& ranking = candidates.emplace_back();
      list.query = base::StableHash(query.query);
      list.features = rows.rows;
      list.order = rows.sequences;
      for (const DocRef doc : rows.docs) {
        ranking.push_back(places_.at(parts.view->Id(doc)));
        const auto gain = gains.find(ranking.back());
        list.gains.push_back(gain == gains.end() ? 0 : gain->second);
        if (gain != gains.end()) gains.erase(gain);
      }
      for (const auto& [document, gain] : gains) list.missed.push_back(gain);
    }
    TrainRankOptions training;
    training.trees.threads = options_.threads;
    const auto learned = TrainRanker(lists, nullptr, training);
    const absl::Status refusal = learned.ok() ? learned->gate : learned.status();
    if (absl::IsFailedPrecondition(refusal)) {
      std::cout << absl::StrFormat("%-28s refused: %s\n", "learned/" + name, refusal.message());
      return absl::OkStatus();
    }
    RETURN_IF_ERROR(refusal);
    const RankTraining& trained = *learned;
    size_t at = 0;
    for (size_t i = 0; i < lists.size(); ++i) {
      std::vector<size_t> order(candidates[i].size());
      for (size_t j = 0; j < order.size(); ++j) order[j] = j;
      std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
        const float left = trained.scores[at + a], right = trained.scores[at + b];
        return left != right ? left > right : lists[i].order[a] < lists[i].order[b];
      });
      Ranking ranked;
      for (size_t j = 0; j < std::min(kRanked, order.size()); ++j) ranked.push_back(candidates[i][order[j]]);
      at += candidates[i].size();
      candidates[i] = std::move(ranked);
    }
    figures_.push_back({"train_cpu_seconds/" + name, CpuSeconds() - begin, "s", std::nullopt, "six trainings"});
    return Add("learned/" + name, candidates, {.4337, .5014, .8107},
               "five folds over queries; reference: LambdaMART with MiniLM");
  }

  const SearchData& data_;
  const RelevanceOptions& options_;
  std::vector<Figure>& figures_;
  absl::flat_hash_map<std::string, uint32_t> places_;
};

}  // namespace

absl::Status BenchRelevance(const SearchData& data, const RelevanceOptions& options, std::vector<Figure>& figures) {
  return RelevanceBench(data, options, figures).Run();
}

}  // namespace kontor::bench

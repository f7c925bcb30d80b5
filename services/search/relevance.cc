#include "services/search/relevance.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "libs/base/status.h"
#include "libs/domain/search/evaluation.h"

namespace kontor::search {
namespace {

constexpr int kMaxQueries = 10'000, kMaxJudgements = 200'000, kMaxExamples = 1'000, kDefaultExamples = 20;
constexpr size_t kRanked = 100, kShown = 10;
constexpr double kMaxGrade = 1'000;

// One configuration: what a query is asked with.
struct Side {
  EngineSettings settings;
  Question question;

  Side(const EngineSettings& serving, const v1::EngineSettings& wanted, int64_t now_us) : settings(serving) {
    ApplySettings(wanted, settings, question);
    question.match.enough = kRanked;
    question.page_size = kRanked;
    question.now_us = now_us;
  }
};

struct Ranking {
  std::vector<std::string> products;
  Measures measures;
};

class Evaluation {
 public:
  Evaluation(const SearchEngine& engine, const EngineParts& parts, const v1::EvaluateRelevanceRequest& request,
             absl::Time deadline)
      : engine_(engine), parts_(parts), request_(request), deadline_(deadline) {
    options_.relevant_gain = request.relevant_grade() > 0 ? static_cast<float>(request.relevant_grade()) : 1;
  }

  absl::StatusOr<std::vector<Ranking>> Run(Side side, v1::RelevanceFigures& out) {
    std::vector<Ranking> rankings;
    std::vector<Measures> measures;
    int empty = 0;
    for (const v1::JudgedQuery& query : request_.queries()) {
      side.question.query = query.query();
      ASSIGN_OR_RETURN(const EngineAnswer answered, engine_.Ask(parts_, side.settings, side.question, deadline_));
      Ranking ranking;
      std::vector<uint32_t> documents;
      for (const Found& found : answered.answer.page) {
        ranking.products.emplace_back(answered.view->Id(found.doc));
        documents.push_back(NumberOf(ranking.products.back()));
      }
      empty += documents.empty() ? 1 : 0;
      ASSIGN_OR_RETURN(ranking.measures, Measure(documents, JudgementsOf(query), options_));
      measures.push_back(ranking.measures);
      rankings.push_back(std::move(ranking));
    }
    const MeanMeasures mean = MeanOf(measures);
    out.set_ndcg_at_10(mean.mean.ndcg);
    out.set_mrr_at_10(mean.mean.mrr);
    out.set_recall_at_100(mean.mean.recall);
    out.set_queries(static_cast<int32_t>(mean.ndcg_queries));
    out.set_without_results(empty);
    return rankings;
  }

  // Judged, and not in the catalogue.
  absl::StatusOr<int> UnknownProducts() const {
    const std::vector<std::string> judged(judged_.begin(), judged_.end());
    ASSIGN_OR_RETURN(const std::vector<std::string> missing, engine_.Missing(parts_, judged, deadline_));
    return static_cast<int>(missing.size());
  }

 private:
  uint32_t NumberOf(const std::string& product) {
    return numbers_.try_emplace(product, static_cast<uint32_t>(numbers_.size())).first->second;
  }
  std::vector<Judgement> JudgementsOf(const v1::JudgedQuery& query) {
    absl::flat_hash_map<uint32_t, float> grades;  // the last of a product counts
    for (const v1::Judgement& judgement : query.judgements()) {
      grades[NumberOf(judgement.product_id())] = static_cast<float>(judgement.grade());
      judged_.insert(judgement.product_id());
    }
    std::vector<Judgement> judgements;
    for (const auto& [document, gain] : grades) judgements.push_back({document, gain});
    return judgements;
  }

  const SearchEngine& engine_;
  const EngineParts& parts_;
  const v1::EvaluateRelevanceRequest& request_;
  const absl::Time deadline_;
  MeasureOptions options_;
  absl::flat_hash_map<std::string, uint32_t> numbers_;
  absl::flat_hash_set<std::string> judged_;
};

double OrZero(double value) { return std::isnan(value) ? 0 : value; }

void AddExample(const std::string& query, const Ranking& baseline, const Ranking* candidate, v1::QueryComparison& out) {
  out.set_query(query);
  out.set_baseline_ndcg_at_10(OrZero(baseline.measures.ndcg));
  for (size_t i = 0; i < std::min(kShown, baseline.products.size()); ++i) {
    out.add_baseline_product_ids(baseline.products[i]);
  }
  if (candidate == nullptr) return;
  out.set_candidate_ndcg_at_10(OrZero(candidate->measures.ndcg));
  for (size_t i = 0; i < std::min(kShown, candidate->products.size()); ++i) {
    out.add_candidate_product_ids(candidate->products[i]);
  }
}

absl::Status SetComparison(const std::vector<Ranking>& baseline, const std::vector<Ranking>& candidate,
                           v1::EvaluateRelevanceResponse& out) {
  std::vector<double> a, b;
  for (const Ranking& ranking : baseline) a.push_back(ranking.measures.ndcg);
  for (const Ranking& ranking : candidate) b.push_back(ranking.measures.ndcg);
  const auto compared = Compare(a, b);
  if (absl::IsFailedPrecondition(compared.status())) return absl::OkStatus();  // no query can tell
  RETURN_IF_ERROR(compared.status());
  out.set_wins(static_cast<int32_t>(compared->wins));
  out.set_losses(static_cast<int32_t>(compared->losses));
  out.set_ties(static_cast<int32_t>(compared->ties));
  out.set_difference(compared->difference);
  out.set_difference_low(compared->low);
  out.set_difference_high(compared->high);
  return absl::OkStatus();
}

}  // namespace

void CheckSettings(const std::string& prefix, const v1::EngineSettings& settings, base::Violations& violations) {
  const auto add = [&](absl::string_view field, absl::string_view text) {
    violations.Add(absl::StrCat(prefix, field), "OUT_OF_RANGE", text);
  };
  if (!v1::Effort_IsValid(settings.effort()))
    violations.Add(prefix + "effort", "UNKNOWN_VALUE", "use a value of Effort");
  if (!v1::Matching_IsValid(settings.matching())) {
    violations.Add(prefix + "matching", "UNKNOWN_VALUE", "use a value of Matching");
  }
  if (settings.has_k1() && !(settings.k1() > 0 && settings.k1() <= 100)) add("k1", "give above 0 to 100");
  if (settings.has_b() && !(settings.b() >= 0 && settings.b() <= 1)) add("b", "give 0 to 1");
  if (!settings.field_weights().empty() && settings.field_weights_size() != static_cast<int>(kFields)) {
    add("field_weights", "give six weights, or none");
  }
  for (const double weight : settings.field_weights()) {
    if (!(weight >= 0 && weight <= 1'000)) add("field_weights", "give weights from 0 to 1,000");
  }
}

void ApplySettings(const v1::EngineSettings& wanted, EngineSettings& settings, Question& question) {
  if (wanted.has_k1()) settings.bm25f.k1 = static_cast<float>(wanted.k1());
  if (wanted.has_b()) settings.bm25f.b.fill(static_cast<float>(wanted.b()));
  for (int i = 0; i < wanted.field_weights_size(); ++i) {
    settings.bm25f.weights[static_cast<size_t>(i)] = static_cast<float>(wanted.field_weights(i));
  }
  if (wanted.effort() != v1::EFFORT_UNSPECIFIED) question.effort = static_cast<Effort>(wanted.effort());
  if (wanted.matching() == v1::MATCHING_ALL) question.match.policy = MatchPolicy::kAll;
  if (wanted.matching() == v1::MATCHING_ANY) question.match.policy = MatchPolicy::kAny;
  if (wanted.verbatim()) question.verbatim = true;
}

absl::Status CheckEvaluation(const v1::EvaluateRelevanceRequest& request) {
  base::Violations violations;
  if (request.queries().empty()) violations.Add("queries", "REQUIRED", "give at least one judged query");
  if (request.queries_size() > kMaxQueries) violations.Add("queries", "TOO_MANY", "give at most 10,000");
  int judgements = 0;
  for (int i = 0; i < request.queries_size(); ++i) {
    judgements += request.queries(i).judgements_size();
    for (const v1::Judgement& judgement : request.queries(i).judgements()) {
      if (judgement.grade() >= 0 && judgement.grade() <= kMaxGrade) continue;
      violations.Add(absl::StrCat("queries[", i, "].judgements"), "OUT_OF_RANGE", "give grades from 0 to 1,000");
      break;
    }
  }
  if (judgements > kMaxJudgements) violations.Add("queries", "TOO_MANY", "give at most 200,000 judgements");
  if (request.max_examples() < 0 || request.max_examples() > kMaxExamples) {
    violations.Add("max_examples", "OUT_OF_RANGE", "give 1 to 1,000, or 0 for 20");
  }
  CheckSettings("baseline.", request.baseline(), violations);
  CheckSettings("candidate.", request.candidate(), violations);
  return violations.ToStatus();
}

absl::StatusOr<v1::EvaluateRelevanceResponse> Evaluate(const SearchEngine& engine, const EngineParts& parts,
                                                       const EngineSettings& settings,
                                                       const v1::EvaluateRelevanceRequest& request, int64_t now_us,
                                                       absl::Time deadline) {
  v1::EvaluateRelevanceResponse response;
  Evaluation evaluation(engine, parts, request, deadline);
  ASSIGN_OR_RETURN(const std::vector<Ranking> baseline,
                   evaluation.Run(Side(settings, request.baseline(), now_us), *response.mutable_baseline()));
  std::vector<Ranking> candidate;
  if (request.has_candidate()) {
    ASSIGN_OR_RETURN(candidate,
                     evaluation.Run(Side(settings, request.candidate(), now_us), *response.mutable_candidate()));
    RETURN_IF_ERROR(SetComparison(baseline, candidate, response));
  }
  ASSIGN_OR_RETURN(const int unknown, evaluation.UnknownProducts());
  response.set_unknown_products(unknown);
  std::vector<size_t> order(baseline.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto change = [&](size_t i) {
    return candidate.empty() ? OrZero(baseline[i].measures.ndcg)
                             : -std::abs(OrZero(candidate[i].measures.ndcg) - OrZero(baseline[i].measures.ndcg));
  };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return change(a) < change(b); });
  const auto examples = static_cast<size_t>(request.max_examples() == 0 ? kDefaultExamples : request.max_examples());
  for (size_t i = 0; i < std::min(examples, order.size()); ++i) {
    const size_t at = order[i];
    AddExample(request.queries(static_cast<int>(at)).query(), baseline[at],
               candidate.empty() ? nullptr : &candidate[at], *response.add_examples());
  }
  return response;
}

}  // namespace kontor::search

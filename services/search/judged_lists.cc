#include "services/search/judged_lists.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "libs/base/hash.h"
#include "libs/base/status.h"
#include "libs/domain/search/clicks.h"
#include "libs/domain/text/normalize.h"

namespace kontor::search {
namespace {

constexpr int kMaxJudgements = 200'000;
constexpr double kMaxGrade = 1'000, kLeastExamined = 5;
constexpr size_t kMaxQueryBytes = 4'096;

RankList ListOf(const EngineParts& parts, const EngineSettings& settings, const Question& question,
                absl::btree_map<std::string, float> gains) {
  const RankRows rows = RowsFor(parts, settings, question);
  RankList list;
  list.query = base::StableHash(text::NormalForm(question.query));
  list.features = rows.rows;
  list.order = rows.sequences;
  for (const DocRef doc : rows.docs) {
    const auto gain = gains.find(std::string(parts.view->Id(doc)));
    list.gains.push_back(gain == gains.end() ? 0 : gain->second);
    if (gain != gains.end()) gains.erase(gain);
  }
  for (const auto& [product, gain] : gains) list.missed.push_back(gain);
  return list;
}

}  // namespace

absl::Status CheckSource(const v1::JudgementSource& source) {
  base::Violations violations;
  if (source.source_case() == v1::JudgementSource::SOURCE_NOT_SET) {
    violations.Add("source", "REQUIRED", "give judgements, or clicks");
  }
  const auto& queries = source.judgements().queries();
  if (source.has_judgements() && queries.empty()) {
    violations.Add("source.judgements.queries", "REQUIRED", "give at least one judged query");
  }
  if (queries.size() > kMaxJudgedQueries) violations.Add("source.judgements.queries", "TOO_MANY", "give at most 5,000");
  int judgements = 0;
  for (int i = 0; i < queries.size(); ++i) {
    const std::string prefix = absl::StrCat("source.judgements.queries[", i, "].");
    if (queries[i].query().size() > kMaxQueryBytes) {
      violations.Add(absl::StrCat(prefix, "query"), "TEXT_TOO_LONG", "give at most 4,096 bytes");
    }
    judgements += queries[i].judgements_size();
    const bool graded =
        std::all_of(queries[i].judgements().begin(), queries[i].judgements().end(),
                    [](const v1::Judgement& one) { return one.grade() >= 0 && one.grade() <= kMaxGrade; });
    if (!graded) violations.Add(absl::StrCat(prefix, "judgements"), "OUT_OF_RANGE", "give grades from 0 to 1,000");
  }
  if (judgements > kMaxJudgements) {
    violations.Add("source.judgements.queries", "TOO_MANY", "give at most 200,000 judgements");
  }
  return violations.ToStatus();
}

absl::StatusOr<std::vector<v1::JudgedQuery>> JudgementsFromClicks(const ClickedAnswers& clicks) {
  ASSIGN_OR_RETURN(const ClickModel model, FitClickModel(clicks.impressions));
  const std::vector<ClickLabel> labels = LabelsFromClicks(clicks.impressions, model);
  struct Row {
    size_t begin = 0, end = 0;
    int64_t clicked = 0;
  };
  std::vector<Row> rows(clicks.queries.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    Row& row = rows[labels[i].query];
    if (row.end == 0) row.begin = i;
    row.end = i + 1;
    row.clicked += labels[i].clicked;
  }
  std::vector<size_t> order(rows.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return rows[a].clicked > rows[b].clicked; });
  order.resize(std::min<size_t>(order.size(), kMaxJudgedQueries));
  std::vector<v1::JudgedQuery> out;
  for (const size_t query : order) {
    const Row& row = rows[query];
    if (row.clicked == 0) break;
    const auto own = absl::MakeConstSpan(labels).subspan(row.begin, row.end - row.begin);
    const std::vector<float> grades = GradesOf(own, model.mean_attraction, kLeastExamined);
    v1::JudgedQuery& judged = out.emplace_back();
    judged.set_query(clicks.queries[query].text);
    for (size_t i = 0; i < own.size(); ++i) {
      v1::Judgement& judgement = *judged.add_judgements();
      judgement.set_product_id(clicks.queries[query].products[own[i].document]);
      judgement.set_grade(grades[i]);
    }
  }
  return out;
}

absl::StatusOr<JudgedLists> ListsOf(const EngineParts& parts, const EngineSettings& settings,
                                    const std::vector<v1::JudgedQuery>& queries, int64_t now_us,
                                    const std::function<bool()>& cancelled) {
  JudgedLists out;
  absl::flat_hash_set<std::string> unknown;
  for (const v1::JudgedQuery& query : queries) {
    if (cancelled()) return absl::CancelledError("the call was cancelled");
    if (text::NormalForm(query.query()).empty()) continue;
    absl::btree_map<std::string, float> gains;  // the last of a product counts
    for (const v1::Judgement& judgement : query.judgements()) {
      if (parts.view->Find(judgement.product_id()).has_value()) {
        gains[judgement.product_id()] = static_cast<float>(judgement.grade());
      } else {
        unknown.insert(judgement.product_id());
      }
    }
    Question question;
    question.query = query.query();
    question.now_us = now_us;
    out.lists.push_back(ListOf(parts, settings, question, std::move(gains)));
  }
  out.unknown_products = static_cast<int>(unknown.size());
  return out;
}

}  // namespace kontor::search

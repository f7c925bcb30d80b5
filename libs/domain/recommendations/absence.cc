#include "libs/domain/recommendations/absence.h"

#include <algorithm>

#include "libs/domain/recommendations/live_catalogue.h"

namespace kontor::recommendations {
namespace {

bool MovesOrders(const RuleAction& action) {
  return std::holds_alternative<Boost>(action) || std::holds_alternative<Bury>(action);
}

// Asks the re-ranking about one item.
class Inquiry {
 public:
  Inquiry(const std::vector<Scored>& scored, const RerankOptions& options, ItemId item)
      : scored_(scored), options_(options), item_(item) {}

  void Answer(Absence& out) const {
    std::vector<PassedOver> passed_over;
    std::vector<Scored> scored = scored_;
    const std::vector<Placed> placed = Rerank(scored, options_, &passed_over);
    for (size_t place = 0; place < placed.size(); ++place) {
      if (placed[place].row != kNone) out.last_score = placed[place].final_score;
      if (placed[place].item == item_) out.place = static_cast<int>(place) + 1;
    }
    if (out.place > 0) return;
    if (std::none_of(scored_.begin(), scored_.end(), [&](const Scored& one) { return one.item == item_; })) return;
    for (const PassedOver& passed : passed_over) {
      if (passed.item != item_) continue;
      out.causes = {passed.why};
      return;
    }
    out.causes = {Counterfactual()};
  }

  // By final score, whatever else decides.
  std::vector<Placed> Ranked() const {
    RerankOptions plain;
    plain.limit = static_cast<int>(scored_.size());
    plain.facts = options_.facts;
    plain.rules = options_.rules;
    plain.seen = options_.seen;
    std::vector<uint32_t> moving;
    for (const uint32_t rule : options_.active_rules) {
      if (MovesOrders(options_.rules->rules()[rule].rule.action)) moving.push_back(rule);
    }
    plain.active_rules = moving;
    std::vector<Scored> scored = scored_;
    return Rerank(scored, plain);
  }

 private:
  bool ShownWith(const RerankOptions& options) const {
    std::vector<Scored> scored = scored_;
    const std::vector<Placed> placed = Rerank(scored, options);
    return std::any_of(placed.begin(), placed.end(), [&](const Placed& one) { return one.item == item_; });
  }

  Hindrance Counterfactual() const {
    RerankOptions other = options_;
    other.seen = {};
    if (!options_.seen.empty() && ShownWith(other)) return {AbsenceCause::kSeenOften, kNone, kNone};
    for (size_t i = 0; i < options_.active_rules.size(); ++i) {
      std::vector<uint32_t> fewer(options_.active_rules.begin(), options_.active_rules.end());
      const uint32_t without = fewer[i];
      if (options_.rules->rules()[without].rule.filters()) continue;
      fewer.erase(fewer.begin() + static_cast<int64_t>(i));
      other = options_;
      other.active_rules = fewer;
      if (ShownWith(other)) return {AbsenceCause::kRuleRank, without, kNone};
    }
    other = options_;
    other.diversity = 0;
    if (options_.diversity > 0 && ShownWith(other)) return {AbsenceCause::kDiversity, kNone, kNone};
    other = options_;
    other.exploration = {};
    if (options_.exploration.share > 0 && ShownWith(other)) return {AbsenceCause::kExploration, kNone, kNone};
    return {AbsenceCause::kRankedBelow, kNone, kNone};
  }

  const std::vector<Scored>& scored_;
  const RerankOptions& options_;
  const ItemId item_;
};

void SetRank(const std::vector<Placed>& ranked, ItemId item, Absence& out) {
  for (size_t i = 0; i < ranked.size(); ++i) {
    if (ranked[i].item != item) continue;
    out.rank = static_cast<int>(i) + 1;
    out.score = ranked[i].final_score;
  }
}

}  // namespace

Absence ExplainAbsence(const Model& model, const UserContext& context, const Request& request, ItemId item) {
  thread_local Candidates candidates;
  Absence out;
  if (request.eligible != nullptr) out.causes = request.eligible->Causes(item);
  const bool allowed = out.causes.empty();
  const Profile profile(context, ItemsOf(model, context));
  const bool nominated = CollectCandidates(model, profile, FilterOf(request), NominationsFor(request.limit), candidates,
                                           allowed ? item : kNone);
  const Ranker& ranker = request.ranker != nullptr ? *request.ranker : model.ranker();
  const Task task = TaskOf(request, !profile.empty());
  const RankContext rank_context(profile);
  std::vector<Scored> scored = ScoreFor(model, request, profile, candidates);
  LeaveToChance(request, rank_context, item, scored);
  const RerankOptions options = RerankOf(model, request);
  if (allowed) {
    const Inquiry with(scored, options, item);
    SetRank(with.Ranked(), item, out);
    const auto row = std::find(candidates.items().begin(), candidates.items().end(), item);
    if (row != candidates.items().end()) {
      const auto number = static_cast<size_t>(row - candidates.items().begin());
      const absl::Span<const float> signals = candidates.row(number);
      out.signals.assign(signals.begin(), signals.end());
      ranker.Contributions(task, {candidates.bought(number), signals, item}, rank_context, out.contributions);
    }
    if (!nominated) {
      scored.erase(std::remove_if(scored.begin(), scored.end(), [&](const Scored& one) { return one.item == item; }),
                   scored.end());
    }
  }
  Absence ranked;
  Inquiry(scored, options, item).Answer(ranked);
  out.place = ranked.place;
  out.last_score = ranked.last_score;
  if (out.place > 0 || !out.causes.empty()) return out;
  out.causes = ranked.causes;
  if (out.causes.empty()) out.causes = {{AbsenceCause::kNotNominated, kNone, kNone}};
  return out;
}

Absence ExplainAbsenceFromGiven(const Model& model, const std::vector<Scored>& given, const Request& request,
                                ItemId item, AbsenceCause missing) {
  Absence out;
  if (request.eligible != nullptr) out.causes = request.eligible->Causes(item);
  const std::vector<Hindrance> before = out.causes;
  const RerankOptions options = RerankOf(model, request);
  const Inquiry inquiry(given, options, item);
  inquiry.Answer(out);
  if (out.place > 0) {
    out.causes.clear();
    return out;
  }
  SetRank(inquiry.Ranked(), item, out);
  if (!before.empty()) out.causes = before;
  if (out.causes.empty()) out.causes = {{missing, kNone, kNone}};
  return out;
}

}  // namespace kontor::recommendations

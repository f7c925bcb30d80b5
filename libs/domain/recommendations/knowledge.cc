#include "libs/domain/recommendations/knowledge.h"

#include <algorithm>

#include "libs/domain/recommendations/live_catalogue.h"

namespace kontor::recommendations {
namespace {

// How well `relation.to` goes with an item that has the relation.
float FitOf(const Relation& relation) {
  switch (relation.kind) {
    case RelationKind::kAccessoryOf:
      return relation.stated ? 0 : 1;
    case RelationKind::kCompatibleWith:
      return 0.5F;
    case RelationKind::kReplaces:
      return relation.stated ? 0 : 0.7F;
    case RelationKind::kRequires:
      return relation.stated ? 1 : 0;
  }
  return 0;
}

float FitWithAsked(const Relation& relation) {
  return relation.kind == RelationKind::kAccessoryOf || relation.kind == RelationKind::kCompatibleWith ? 1 : 0;
}

// What a relation of an item of theirs says of the item that it leads to.
struct Said {
  ItemId own = 0;
  const Relation& relation;
  float goes_with = 0;
  bool needed = false;
};

void ForEachRelation(const UserContext& context, absl::FunctionRef<void(const Said& said)> take) {
  if (context.live == nullptr || context.live->relations().empty()) return;
  const Relations& relations = context.live->relations();
  for (const Relation& relation : relations.Of(context.about)) {
    take({context.about, relation, FitWithAsked(relation), false});
  }
  const auto of = [&](ItemId item, float strength) {
    for (const Relation& relation : relations.Of(item)) {
      const bool needs = relation.stated && relation.kind == RelationKind::kRequires;
      take({item, relation, strength * FitOf(relation), needs && strength >= 1});
    }
  };
  for (const Seed& seed : context.session) of(seed.item, std::min(seed.weight, 1.0F));
  float strength = Knowledge::kBought;
  for (const PastBasket& basket : context.baskets) {
    if (strength < Knowledge::kLeastStrength) break;
    for (const ItemId item : basket.items) of(item, strength);
    strength *= Knowledge::kDecay;
  }
}

}  // namespace

absl::Span<const Signal> Knowledge::signals() const {
  static constexpr Signal kAll[kSignals] = {{"goes_with", ReasonKind::kGoesWith}, {"needed", ReasonKind::kGoesWith}};
  return kAll;
}

void Knowledge::Generate(const Profile& profile, int limit, size_t first, Candidates& out) const {
  const UserContext& context = profile.context();
  if (context.live == nullptr || context.live->relations().empty()) return;
  ScoreVector& goes_with = out.scores(first + kGoesWith);
  ScoreVector& needed = out.scores(first + kNeeded);
  ForEachRelation(context, [&](const Said& said) {
    const ItemId item = said.relation.to;
    if (item >= profile.item_count()) return;
    goes_with.Add(item, said.goes_with);
    if (said.needed && needed[item] == 0) needed.Add(item, 1);
  });
  out.NominateBest(first + kNeeded, limit);
  out.NominateBest(first + kGoesWith, limit);
}

void Knowledge::Describe(const Profile& profile, size_t first, Candidates& out) const {
  const UserContext& context = profile.context();
  if (context.live == nullptr || context.live->relations().empty()) return;
  const ScoreVector& goes_with = out.scores(first + kGoesWith);
  const ScoreVector& needed = out.scores(first + kNeeded);
  for (size_t row = 0; row < out.items().size(); ++row) {
    out.value(row, first + kGoesWith) = std::min(1.0F, goes_with[out.items()[row]]);
    out.value(row, first + kNeeded) = needed[out.items()[row]];
  }
}

void Knowledge::Explain(const Profile& profile, ItemId item, Reason& reason) const {
  float best = 0;
  ForEachRelation(profile.context(), [&](const Said& said) {
    const float part = said.goes_with + (said.needed ? 1 : 0);
    if (said.relation.to != item || part <= best) return;
    best = part;
    reason.evidence = said.own;
    reason.relation = said.relation.kind;
  });
}

}  // namespace kontor::recommendations

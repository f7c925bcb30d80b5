#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace kontor::recommendations {

using ItemId = uint32_t;     // dense in one model's catalogue
using ContextId = uint32_t;  // dense in one model's contexts (a store, a country); has a parent or none

inline constexpr uint32_t kNone = 0xffffffff;
inline constexpr double kSecondsPerDay = 86400;

class LiveCatalogue;  // live_catalogue.h

struct PastBasket {
  int64_t time_seconds = 0;
  absl::Span<const ItemId> items;  // distinct
};

// An item of this session: in the basket now, carted or viewed.
struct Seed {
  ItemId item = 0;
  float weight = 1;  // in (0, 1]; a line of the basket 1, a view less
};

// How much an answer may cost: each effort asks the sources of those below it as well.
enum class Effort : uint8_t {
  kPopular = 0,  // a list, no ranking
  kTrend = 1,    // what sells and what rises where they are
  kSession = 2,  // what is cheap to look up: own purchases, rules, sessions
  kLinear = 3,   // every source but networks
  kDeep = 4,     // all, and trees
};
inline constexpr size_t kEfforts = static_cast<size_t>(Effort::kDeep) + 1;

// What is known when an answer is asked for. Borrows; items that neither the model nor `live` knows are passed over.
struct UserContext {
  uint64_t person = 0;  // StableHash of the subject's token, 0 for nobody: leaves their own rows of the
                        // training data out of "customers like you"
  absl::Span<const PastBasket> baskets;  // newest first
  absl::Span<const Seed> session;        // distinct, newest first as far as that is known
  ContextId context = kNone;             // the most specific one known
  int64_t now_seconds = 0;               // when the answer is asked for, Unix time; 0 where that must not count
  Effort effort = Effort::kDeep;
  const LiveCatalogue* live = nullptr;  // what the catalogue says now; null: no more than the model learned
  ItemId about = kNone;                 // what the answer shall be an accessory of or compatible with
};

enum class BoughtItems : uint8_t { kInclude = 0, kExclude = 1, kOnly = 2 };

// What an item is to another one, as the catalogue states it.
enum class RelationKind : uint8_t {
  kAccessoryOf = 0,     // it is an accessory of the other
  kCompatibleWith = 1,  // each works with the other
  kReplaces = 2,        // it is the successor of the other
  kRequires = 3,        // it does not work without the other
};
inline constexpr size_t kRelationKinds = static_cast<size_t>(RelationKind::kRequires) + 1;

enum class ReasonKind : uint8_t {
  kBoughtBefore = 0,      // by this person
  kBoughtTogether = 1,    // with an item of theirs
  kSimilarCustomers = 2,  // by customers with similar baskets
  kPopularInContext = 3,  // in their store or country
  kPopular = 4,
  kNextInSequence = 5,  // what others bought after an item of theirs
  kSameSession = 6,     // met by others in sessions like this one
  kSimilarContent = 7,  // like an item of theirs by what the catalogue says
  kMatchesTaste = 8,    // by a model that keeps no single item to name
  kGoesWith = 9,        // by a relation of the catalogue to an item of theirs
  kDueAgain = 10,       // bought before, and by its rhythm due
  kNewItem = 11,        // too new to be judged, shown to learn about it
  kRecentlyViewed = 12,
};
inline constexpr size_t kReasonKinds = static_cast<size_t>(ReasonKind::kRecentlyViewed) + 1;

// A part of a recommendation's score, in words that can be checked against the history.
struct Reason {
  ReasonKind kind = ReasonKind::kPopular;
  float share = 0;                // of the score, (0, 1]; the shares of all reasons of an item sum to 1
  ItemId evidence = kNone;        // an item of theirs that speaks most for it, where the kind names one
  ContextId context = kNone;      // kPopularInContext
  int count = 0;                  // kBoughtBefore, kDueAgain: in so many baskets
  int64_t last_time_seconds = 0;  // kBoughtBefore, kDueAgain
  RelationKind relation = RelationKind::kAccessoryOf;  // kGoesWith
};

struct Recommendation {
  ItemId item = 0;
  float score = 0;              // comparable within one answer; 0 for what no source nominated
  std::vector<Reason> reasons;  // the largest share first
  float model_score = 0;        // before rules and what was seen changed it
  std::vector<uint32_t> rules;  // that chose or moved it, of CompiledRules::rules()
  double propensity = 1;        // rerank.h
};

// How much an answer knew.
enum class Tier : uint8_t { kPersonal = 0, kContext = 1, kPopular = 2 };

}  // namespace kontor::recommendations

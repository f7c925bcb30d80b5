#include "libs/domain/recommendations/source_table.h"

#include <utility>

#include "libs/domain/recommendations/als.h"
#include "libs/domain/recommendations/buy_again.h"
#include "libs/domain/recommendations/calendar.h"
#include "libs/domain/recommendations/content.h"
#include "libs/domain/recommendations/item_item.h"
#include "libs/domain/recommendations/knowledge.h"
#include "libs/domain/recommendations/neighbours.h"
#include "libs/domain/recommendations/neural_source.h"
#include "libs/domain/recommendations/recency_source.h"
#include "libs/domain/recommendations/repurchase_clock.h"
#include "libs/domain/recommendations/session_knn.h"

namespace kontor::recommendations {
namespace {

using Loader = std::unique_ptr<const CandidateSource> (*)(base::ByteReader&, uint32_t);

template <typename Source>
std::unique_ptr<const CandidateSource> LoadOne(base::ByteReader& in, uint32_t item_count) {
  return std::make_unique<const Source>(Source::Load(in, item_count));
}

constexpr std::pair<absl::string_view, Loader> kLoaders[] = {
    {"als", LoadOne<Als>},
    {"buy_again", LoadOne<BuyAgain>},
    {"item_item", LoadOne<ItemItem>},
    {"item_item_customers", LoadOne<ItemItem>},
    {"calendar", LoadOne<Calendar>},
    {"content", LoadOne<Content>},
    {"ease", LoadOne<RecencySource>},
    {"knowledge", LoadOne<Knowledge>},
    {"mult_vae", LoadOne<NeuralSource>},
    {"neighbours", LoadOne<Neighbours>},
    {"neumf", LoadOne<PairSource>},
    {"repurchase_clock", LoadOne<RepurchaseClock>},
    {"sequence_model", LoadOne<NeuralSource>},
    {"sequential_rules", LoadOne<RecencySource>},
    {"session_knn", LoadOne<SessionKnn>},
    {"two_tower", LoadOne<NeuralSource>},
};

}  // namespace

std::unique_ptr<const CandidateSource> LoadSource(absl::string_view name, base::ByteReader& in, uint32_t item_count) {
  for (const auto& [known, load] : kLoaders) {
    if (known != name) continue;
    std::unique_ptr<const CandidateSource> source = load(in, item_count);
    in.Require(source->name() == name, "a source bears another's name");
    return in.status().ok() ? std::move(source) : nullptr;
  }
  in.Require(false, "the model has a source that this program does not know");
  return nullptr;
}

}  // namespace kontor::recommendations

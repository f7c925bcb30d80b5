#include "libs/domain/recommendations/live_catalogue.h"

#include <algorithm>
#include <utility>

#include "libs/domain/recommendations/model.h"

namespace kontor::recommendations {

FreshItem EncodeFresh(const Model& model, std::vector<uint32_t> features) {
  std::sort(features.begin(), features.end());
  features.erase(std::unique(features.begin(), features.end()), features.end());
  FreshItem out;
  for (const auto& source : model.sources()) {
    out.codes.push_back(source->EncodeItem(features));
    out.codes.resize(out.codes.size() + source->signals().size() - 1);
  }
  out.features = std::move(features);
  return out;
}

uint32_t ItemsOf(const Model& model, const UserContext& context) {
  return context.live == nullptr ? model.items() : context.live->items();
}

}  // namespace kontor::recommendations

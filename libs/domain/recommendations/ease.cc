#include "libs/domain/recommendations/ease.h"

#include <limits>

#include "libs/domain/recommendations/ease_forms.h"

namespace kontor::recommendations {

EaseOptions::Form FormOf(const EaseOptions& options, uint32_t items) {
  return items <= options.exact_items ? EaseOptions::Form::kExact : EaseOptions::Form::kSparse;
}

ItemTable TrainEase(const Baskets& baskets, const ItemFeatures& features, const EaseOptions& options) {
  const bool exact = FormOf(options, baskets.item_count()) == EaseOptions::Form::kExact;
  const Gram gram(baskets, features, options.feature_weight, options.max_user,
                  exact ? std::numeric_limits<uint32_t>::max() : options.max_feature);
  return exact ? TrainEaseExact(gram, options) : TrainEaseSparse(gram, options);
}

}  // namespace kontor::recommendations

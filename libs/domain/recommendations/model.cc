#include "libs/domain/recommendations/model.h"

#include <utility>

namespace kontor::recommendations {

Model::Model(Catalogue catalogue, BuyAgain buy_again, ItemItem together, ItemItem customers, Neighbours neighbours,
             Popularity popularity)
    : catalogue_(std::move(catalogue)),
      buy_again_(std::move(buy_again)),
      together_(std::move(together)),
      customers_(std::move(customers)),
      neighbours_(std::move(neighbours)),
      popularity_(std::move(popularity)),
      sources_({&buy_again_, &together_, &customers_, &neighbours_, &popularity_}),
      ranker_({}) {
  for (uint32_t source = 0; source < sources_.size(); ++source) {
    signal_sources_.insert(signal_sources_.end(), sources_[source]->signals().size(), source);
  }
  ranker_ = DefaultRanker(Signals());
}

std::vector<Signal> Model::Signals() const {
  std::vector<Signal> signals;
  for (const CandidateSource* source : sources_) {
    signals.insert(signals.end(), source->signals().begin(), source->signals().end());
  }
  return signals;
}

}  // namespace kontor::recommendations

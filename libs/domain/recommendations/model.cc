#include "libs/domain/recommendations/model.h"

#include <utility>

namespace kontor::recommendations {

Model::Model(Catalogue catalogue, Sources sources, std::shared_ptr<const Popularity> popularity)
    : catalogue_(std::move(catalogue)), popularity_(popularity.get()), sources_(std::move(sources)), ranker_({}) {
  sources_.push_back(std::move(popularity));
  for (uint32_t source = 0; source < sources_.size(); ++source) {
    signal_sources_.insert(signal_sources_.end(), sources_[source]->signals().size(), source);
  }
  ranker_ = DefaultRanker(Signals());
}

std::vector<Signal> Model::Signals() const {
  std::vector<Signal> signals;
  for (const auto& source : sources_) {
    for (Signal signal : source->signals()) {
      signal.effort = source->effort();
      signals.push_back(signal);
    }
  }
  return signals;
}

}  // namespace kontor::recommendations

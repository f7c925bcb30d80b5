#include "libs/domain/stats/calibration.h"

#include <algorithm>
#include <cmath>

namespace kontor::stats {

int Calibration::BinOf(double probability) {
  return std::clamp(static_cast<int>(std::floor(probability * kBins)), 0, kBins - 1);
}

void Calibration::Add(int bin, int64_t trials, double predicted, int64_t hits) {
  Bin& into = bins_.at(static_cast<size_t>(bin));
  into.trials += trials;
  into.predicted += predicted;
  into.hits += hits;
}

int64_t Calibration::trials() const {
  int64_t sum = 0;
  for (const Bin& bin : bins_) sum += bin.trials;
  return sum;
}

double Calibration::expected() const {
  double sum = 0;
  for (const Bin& bin : bins_) sum += bin.predicted;
  return trials() == 0 ? 0 : sum / static_cast<double>(trials());
}

double Calibration::observed() const {
  int64_t hits = 0;
  for (const Bin& bin : bins_) hits += bin.hits;
  return trials() == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(trials());
}

double Calibration::Error() const {
  double sum = 0;
  for (const Bin& bin : bins_) sum += std::abs(bin.predicted - static_cast<double>(bin.hits));
  return trials() == 0 ? 0 : sum / static_cast<double>(trials());
}

}  // namespace kontor::stats

#pragma once

#include <array>
#include <cstdint>

namespace kontor::stats {

// Whether predicted probabilities come true, in ten bins of the prediction of equal width.
class Calibration {
 public:
  static constexpr int kBins = 10;
  // The bin of a probability from 0 to 1; a bin holds its lower edge, the last one 1 as well.
  static int BinOf(double probability);

  // `trials` events of one bin whose predictions add up to `predicted`, of which `hits` came true.
  void Add(int bin, int64_t trials, double predicted, int64_t hits);

  int64_t trials() const;
  // Mean prediction and share that came true; 0 without trials.
  double expected() const;
  double observed() const;
  // Expected calibration error (Naeini, Cooper, Hauskrecht 2015): over the bins the mean absolute difference between
  // mean prediction and observed share, weighted by trials.
  double Error() const;

 private:
  struct Bin {
    int64_t trials = 0, hits = 0;
    double predicted = 0;
  };
  std::array<Bin, kBins> bins_;
};

}  // namespace kontor::stats

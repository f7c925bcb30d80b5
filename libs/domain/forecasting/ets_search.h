#pragma once

#include <vector>

#include "libs/domain/forecasting/ets_recursion.h"

// Maximum likelihood for one form. Inside this folder only.
namespace kontor::forecasting {

// Smoothing parameters, initial states without the last season, variance.
int FreeParameters(const EtsForm& form, int season);

// Its variables: alpha, beta / min(alpha, most beta), gamma / (1 - alpha), phi as far as the form has them, then level,
// growth and all seasons but the last, of values whose mean size is 1 and which the search borrows.
class EtsSearch {
 public:
  EtsSearch(const EtsForm& form, Values values, int season, double most_beta);

  // A few steps from each of two starts: levels that follow the values with seasons that hardly move, and the other way
  // round. Stays at the better place.
  void Explore();
  // To the minimum near the place reached so far.
  void Polish();

  const EtsForm& form() const { return form_; }
  // n log(sum e^2) + 2 sum log f at the place reached, infinite where the search had no valid start.
  double cost() const { return cost_; }
  EtsParameters parameters() const { return Unpack(x_); }
  EtsState state(double scale) const;  // for values `scale` times as large

 private:
  double Search(std::vector<double>& x, double tolerance, int iterations);
  void Add(double x, double lower, double upper);
  void AddStates(const EtsState& start);
  EtsParameters Unpack(absl::Span<const double> x) const;
  void UnpackState(absl::Span<const double> x, EtsState& state) const;
  double Evaluate(absl::Span<const double> x, absl::Span<double> gradient);
  // The chain rule from the model's parameters back to the search's.
  void Pack(absl::Span<const double> x, const EtsParameters& by, absl::Span<double> gradient) const;

  EtsForm form_;
  Values values_;
  int season_;
  double most_beta_, cost_;
  bool trend_;
  size_t seasons_, states_;
  std::vector<double> x_, lower_, upper_;
  EtsTrace trace_;
  EtsState state_;
};

}  // namespace kontor::forecasting

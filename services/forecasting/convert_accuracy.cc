#include "services/forecasting/convert_accuracy.h"

#include <cmath>

namespace kontor::forecasting {

kontor::forecasting::v1::Accuracy AccuracyFrom(const AccuracyFigures& figures) {
  kontor::forecasting::v1::Accuracy out;
  out.set_points(figures.count);
  if (figures.count == 0) return out;
  if (std::isfinite(figures.wape)) out.set_wape(figures.wape);
  if (std::isfinite(figures.mase)) out.set_mase(figures.mase);
  if (std::isfinite(figures.rmsse)) out.set_rmsse(figures.rmsse);
  if (std::isfinite(figures.bias)) out.set_bias(figures.bias);
  if (std::isfinite(figures.value_added)) out.set_value_added(figures.value_added);
  if (figures.coverage.size() == 2) {
    if (std::isfinite(figures.coverage[0])) out.set_coverage_80(figures.coverage[0]);
    if (std::isfinite(figures.coverage[1])) out.set_coverage_95(figures.coverage[1]);
  }
  return out;
}

}  // namespace kontor::forecasting

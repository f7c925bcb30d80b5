#include "libs/domain/forecasting/seasonal_combination.h"

#include <utility>
#include <vector>

#include "libs/domain/forecasting/double_seasonal.h"
#include "libs/domain/forecasting/ridge_autoregression.h"
#include "libs/domain/forecasting/selection.h"

namespace kontor::forecasting {
namespace {

constexpr char kName[] = "seasonal_combination";
constexpr int kOrigins = 4, kHorizonSeasons = 2, kStepSeasons = 4, kLeastSeasons = 6;

}  // namespace

Method SeasonalCombinationMethod() {
  std::vector<Method> members = RidgeAutoregressionMethods();
  members.insert(members.begin(), DoubleSeasonalMethod());
  return {kName, [members](const Series& series) {
            SelectionOptions options;
            options.power = 4;
            const int season = series.season();
            options.plan = {kHorizonSeasons * season, kOrigins, kStepSeasons * season, kLeastSeasons * season};
            return SelectedMethod(kName, members, options).fit(series);
          }};
}

}  // namespace kontor::forecasting

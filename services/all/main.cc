#include <memory>
#include <utility>

#include "libs/base/status.h"
#include "libs/platform/fleet/fleet.h"
#include "services/analytics/analytics_service.h"
#include "services/forecasting/forecasting_service.h"
#include "services/ingest/ingest_service.h"
#include "services/recommendations/recommendations_service.h"
#include "services/search/search_service.h"

// Every service in one process. Adding one is a line here, one in CMakeLists.txt, and its folder.
int main(int argc, char** argv) {
  return kontor::runtime::Main(argc, argv, [](kontor::runtime::Application& application) -> absl::Status {
    ASSIGN_OR_RETURN(auto composed, kontor::fleet::Compose(application));
    kontor::fleet::Fleet& fleet = application.Own(std::move(composed));
    RETURN_IF_ERROR(kontor::ingest::RegisterIngest(fleet));
    RETURN_IF_ERROR(kontor::analytics::RegisterAnalytics(fleet));
    RETURN_IF_ERROR(kontor::recommendations::RegisterRecommendations(fleet));
    RETURN_IF_ERROR(kontor::search::RegisterSearch(fleet));
    return kontor::forecasting::RegisterForecasting(fleet);
  });
}

package muster.interop;

import com.netflix.appinfo.ApplicationInfoManager;
import com.netflix.appinfo.InstanceInfo;
import com.netflix.appinfo.MyDataCenterInstanceConfig;
import com.netflix.appinfo.providers.EurekaConfigBasedInstanceInfoProvider;
import com.netflix.config.ConfigurationManager;
import com.netflix.discovery.DefaultEurekaClientConfig;
import com.netflix.discovery.DiscoveryClient;
import com.netflix.discovery.EurekaClient;
import com.netflix.discovery.shared.Application;
import com.netflix.discovery.shared.transport.jersey3.Jersey3TransportClientFactories;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;

/** Netflix's Eureka client behind the driver protocol of clients/README.md. Arguments: base, application, port. */
public class Driver {
    public static void main(String[] arguments) throws Exception {
        configure(arguments[0], arguments[1], arguments[2]);
        // Answers with 127.0.0.1, whatever names the machine has.
        MyDataCenterInstanceConfig config = new MyDataCenterInstanceConfig() {
            @Override
            public String getHostName(boolean refresh) {
                return "127.0.0.1";
            }

            @Override
            public String getIpAddress() {
                return "127.0.0.1";
            }
        };
        InstanceInfo info = new EurekaConfigBasedInstanceInfoProvider(config).get();
        ApplicationInfoManager own = new ApplicationInfoManager(config, info);
        EurekaClient client = new DiscoveryClient(own, new DefaultEurekaClientConfig(), Jersey3TransportClientFactories.getInstance());
        own.setInstanceStatus(InstanceInfo.InstanceStatus.UP);
        System.out.println("{\"ready\": true, \"id\": \"" + info.getInstanceId() + "\", \"can\": [\"status\"]}");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null && !line.equals("quit"); line = lines.readLine()) {
            String[] words = line.split(" ", 2);
            if (words[0].equals("find")) {
                System.out.println("{\"found\": [" + found(client, words[1]) + "]}");
            } else {
                own.setInstanceStatus(InstanceInfo.InstanceStatus.valueOf(words[1]));
                System.out.println("{\"done\": true}");
            }
        }
        client.shutdown();
        System.exit(0);
    }

    private static void configure(String base, String application, String port) {
        Properties properties = new Properties();
        properties.putAll(Map.of(
            "eureka.serviceUrl.default", base + "/v2/",
            "eureka.name", application,
            "eureka.instanceId", "netflix:" + application + ":" + port,
            "eureka.port", port,
            "eureka.vipAddress", application.toLowerCase(),
            "eureka.lease.renewalInterval", "1",
            "eureka.lease.duration", "3",
            "eureka.metadata.language", "java",
            "eureka.client.refresh.interval", "1",
            "eureka.appinfo.replicate.interval", "1"));
        properties.putAll(Map.of(
            "eureka.appinfo.initial.replicate.time", "0",
            "eureka.shouldFilterOnlyUpInstances", "false",
            "eureka.shouldUnregisterOnShutdown", "true"));
        ConfigurationManager.loadProperties(properties);
    }

    private static String found(EurekaClient client, String name) {
        Application application = client.getApplication(name);
        if (application == null) {
            return "";
        }
        return application.getInstancesAsIsFromEureka().stream()
            .map(one -> String.format("{\"id\": \"%s\", \"status\": \"%s\", \"port\": %d, \"metadata\": {\"language\": \"%s\"}}",
                one.getId(), one.getStatus(), one.getPort(), one.getMetadata().get("language")))
            .collect(Collectors.joining(", "));
    }
}

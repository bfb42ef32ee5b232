package muster.interop;

import com.netflix.appinfo.ApplicationInfoManager;
import com.netflix.appinfo.InstanceInfo;
import com.netflix.discovery.EurekaClient;
import com.netflix.discovery.shared.Application;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.ConfigurableApplicationContext;

/** Spring Cloud's Eureka client behind the driver protocol of clients/README.md; its settings come from the command line. */
@SpringBootApplication
public class Driver {
    public static void main(String[] arguments) throws Exception {
        try (ConfigurableApplicationContext context = SpringApplication.run(Driver.class, arguments)) {
            ApplicationInfoManager own = context.getBean(ApplicationInfoManager.class);
            EurekaClient client = context.getBean(EurekaClient.class);
            System.out.println("{\"ready\": true, \"id\": \"" + own.getInfo().getInstanceId() + "\", \"can\": [\"status\"]}");
            BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ", 2);
                switch (words[0]) {
                    case "find" -> System.out.println("{\"found\": [" + found(client, words[1]) + "]}");
                    case "status" -> {
                        own.setInstanceStatus(InstanceInfo.InstanceStatus.valueOf(words[1]));
                        System.out.println("{\"done\": true}");
                    }
                    case "quit" -> {
                        return;
                    }
                    default -> throw new IllegalArgumentException(line);
                }
            }
        }
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
